from odoo import api, models
from odoo.fields import Domain
from odoo.tools import html2plaintext, is_html_empty

from .res_partner_accounts import LARGEST_ID

PAGE = "/my/receivables/agreements"
#: How many of a kind the page lists.
SHOWN = 100


class ArPortalAgreement(models.AbstractModel):
    """A dispute, promise or plan as its customer sees it: the own ones of the logged-in user, and no other.

    Customers have no rights on these models. What is found here is of their own commercial entity and of the companies
    that they may see; colleagues see the same.
    """

    _name = "ar.portal.agreement"
    _inherit = ["ar.customer.thread"]
    _description = "Agreement on the Portal"

    #: The kind in addresses.
    _ar_portal_kind = ""
    #: Fields by which the latest come first.
    _ar_portal_order = "id desc"

    @api.model
    def _ar_portal_own_domain(self):
        return Domain("partner_id", "=", self.env.user.commercial_partner_id.id) & Domain(
            "company_id", "in", self.env.companies.root_id.ids
        )

    @api.model
    def _ar_portal_own(self):
        """The latest ones of the logged-in user's own account."""
        if not self.env["account.move.line"]._ar_portal_access():
            return self.sudo().browse()
        # See the class: the domain holds the user to its own.
        return self.sudo().search(self._ar_portal_own_domain(), order=self._ar_portal_order, limit=SHOWN)

    @api.model
    def _ar_portal_find(self, record_id):
        """The one with this id if it is the logged-in user's own, else nothing."""
        if not self.env["account.move.line"]._ar_portal_access() or not 0 < record_id <= LARGEST_ID:
            return self.sudo().browse()
        # See the class: the domain holds the user to its own.
        return self.sudo().search(self._ar_portal_own_domain() & Domain("id", "=", record_id))

    def _ar_portal_page(self):
        """Address of its page."""
        self.ensure_one()
        return f"{PAGE}/{self._ar_portal_kind}/{self.id}"

    # -- messages ---------------------------------------------------------------------------------

    def _ar_portal_messages(self):
        """What was said between customer and company, the oldest first; internal notes are not for customers.

        :return: list of dicts: message, author, is_own (said by the customer's side), body, files
        """
        self.ensure_one()
        own = self.partner_id
        messages = self.message_ids.filtered(
            lambda message: (
                message.message_type in ("comment", "email", "email_outgoing")
                and message.subtype_id
                and not message.subtype_id.internal
                and not message.is_internal
            )
        )
        return [
            {
                "message": message,
                "author": message.author_id.name or message.email_from or "",
                "is_own": message.author_id.commercial_partner_id == own,
                "body": message.body,
                "files": message.attachment_ids,
            }
            for message in messages.sorted("id")
            if message.attachment_ids or not is_html_empty(message.body)
        ]

    def _ar_portal_say(self, text, files=()):
        """Put what the logged-in user says into the conversation; who is in charge is told.

        ``self`` was found by :meth:`_ar_portal_find` or made for the user just now.

        :param text: plain text
        :param files: pairs of name and bytes
        """
        self.ensure_one()
        self.env["account.move.line"]._ar_portal_check_customer()
        said = [html2plaintext(each["body"]).strip() for each in self._ar_portal_messages() if each["is_own"]]
        if not files and said[-1:] == [text]:
            return  # the form was sent twice
        author = self.env.user.partner_id
        self.message_subscribe(partner_ids=author.ids)
        self.message_post(
            body=text,
            attachments=list(files),
            author_id=author.id,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=(self.user_id.partner_id if self.user_id.active else author.browse()).ids,
        )

    def _ar_portal_file(self, file_id):
        """The file of this conversation with this id, or nothing."""
        files = self.env["ir.attachment"].union(*(each["files"] for each in self._ar_portal_messages()))
        return files.filtered(lambda file: file.id == file_id)


class ArDisputeCode(models.Model):
    _inherit = "ar.dispute.code"

    @api.model
    def _ar_portal_codes(self):
        """What customers choose from: ``{id: words}``."""
        # Customers can't read codes; their names are for them.
        return {code.id: code.name for code in self.sudo().search([])}
