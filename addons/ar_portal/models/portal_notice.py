from odoo import api, fields, models
from odoo.tools import html_sanitize

#: Notices that were read are shown up to so many.
EARLIER = 10


class ArReminder(models.Model):
    """Reminders by portal notice: shown to the customer until somebody of it has read them."""

    _inherit = "ar.reminder"

    portal_read_on = fields.Datetime(string="Read in the Portal on", readonly=True, copy=False)
    portal_read_by_id = fields.Many2one(
        "res.users", string="Read in the Portal by", readonly=True, copy=False, ondelete="set null"
    )

    _portal_idx = models.Index("(partner_id, sent_on) WHERE channel = 'portal' AND state = 'sent'")

    @api.model
    def _portal_page(self):
        return "/my/receivables"

    @api.model
    def _ar_portal_domain(self):
        """Notices of the logged-in user's own commercial entity; it takes no partner, so it can't find another's."""
        user = self.env.user
        return [
            ("channel", "=", "portal"),
            ("state", "=", "sent"),
            ("partner_id", "=", user.commercial_partner_id.id),
            ("company_id", "in", user.company_ids.ids),
        ]

    @api.model
    def _ar_portal_notices(self):
        """The notices of the logged-in user's own customer, the latest first.

        A notice is new until somebody of the customer has read it, or nothing that it asked for is open any more.

        :return: dict with the lists ``new`` and ``earlier`` of dicts with the record ``notice``, ``subject``, ``text``
            as it was sent, ``day``, ``company``, and of earlier ones ``read_on`` and ``read_by``; ``may_read``, whether
            the user can mark them as read: staff may look only
        """
        if not self.env["account.move.line"]._ar_portal_access():
            return {"new": [], "earlier": [], "may_read": False}
        # A portal user can't read reminders: these are those of his own commercial entity, and of no other.
        notices = self.sudo().search(self._ar_portal_domain(), order="sent_on desc, id desc", limit=2 * EARLIER)
        new = notices.filtered(
            lambda notice: (
                not notice.portal_read_on
                and any(line.amount_residual_currency > 0 for line in notice.going_item_ids.move_line_id)
            )
        )
        return {
            "new": [notice._ar_portal_notice() for notice in new],
            "earlier": [notice._ar_portal_notice() for notice in (notices - new)[:EARLIER]],
            "may_read": self.env.user._is_portal(),
        }

    def _ar_portal_notice(self):
        """One notice as the page shows it."""
        self.ensure_one()
        return {
            "notice": self,
            "subject": self.sent_subject,
            # Written by our own texts; whatever else got into it does nothing here.
            "text": html_sanitize(self.sent_body or "", sanitize_attributes=True, sanitize_style=True),
            "day": self.sent_day,
            "company": self.company_id,
            "read_on": self.portal_read_on,
            "read_by": self.portal_read_by_id.name,
        }

    @api.model
    def _ar_portal_mark_read(self, notice_id):
        """Note that the logged-in user has read this notice of his own customer; tell whether it is one."""
        if not self.env.user._is_portal() or not self.env["account.move.line"]._ar_portal_access():
            return False
        # Searched among the notices of the user's own commercial entity, and only these two fields are written.
        notice = self.sudo().search([*self._ar_portal_domain(), ("id", "=", notice_id)])
        if notice and not notice.portal_read_on:
            notice.write({"portal_read_on": fields.Datetime.now(), "portal_read_by_id": self.env.uid})
        return bool(notice)
