from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

READERS = "ar_enhanced.group_ar_user"


class ResPartner(models.Model):
    _inherit = "res.partner"  # pylint: disable=consider-merging-classes-inherited

    ar_acknowledgement_ids = fields.One2many(
        "ar.credit.acknowledgement", "partner_id", string="Acknowledgements", groups=READERS
    )
    ar_terms_missing = fields.Boolean(
        string="Credit Terms Not Acknowledged",
        compute="_compute_ar_terms_missing",
        search="_search_ar_terms_missing",
        groups=READERS,
        help="An invoiced customer who has not acknowledged the version of the credit terms in force.",
    )

    @api.depends("commercial_partner_id.ar_acknowledgement_ids")
    @api.depends_context("company")
    def _compute_ar_terms_missing(self):
        missing = self.search([("id", "in", self.commercial_partner_id.ids), ("ar_terms_missing", "=", True)])
        for partner in self:
            partner.ar_terms_missing = partner.commercial_partner_id in missing

    def _search_ar_terms_missing(self, operator, value):
        self._ar_check_searched("ar_terms_missing")
        if operator != "in":
            return NotImplemented
        company = self.env.company.root_id
        terms = self.env["ar.credit.terms"].sudo()._in_force(company)
        if not terms:
            return [(0, "=", 1)]
        lines = self.env["account.move.line"]
        lines._ar_flush()
        self.env["ar.credit.acknowledgement"].flush_model()
        missing = SQL(
            """
            (SELECT customer.commercial_partner_id
               FROM %(items)s
              WHERE %(are_items)s
             EXCEPT
             SELECT partner_id FROM ar_credit_acknowledgement WHERE terms_id = %(terms)s)
            """,
            items=lines._ar_sql_items(),
            are_items=lines._ar_sql_are_items(company),
            terms=terms.id,
        )
        return [("id", "in" if True in value else "not in", missing)]

    def action_ar_invite_to_terms(self):
        """Ask these customers by mail to acknowledge the credit terms in force.

        Only those who have not done so are asked; who has no e-mail address is named and left out.
        """
        if not self.env.user.has_group("ar_enhanced.group_ar_clerk"):
            raise UserError(self.env._("Inviting customers takes the rights of a receivables clerk."))
        missing = self.search([("id", "in", self.commercial_partner_id.ids), ("ar_terms_missing", "=", True)])
        reachable = missing.filtered("email")
        template = self.env.ref("ar_enhanced.mail_template_terms_invitation")
        # The template renders names alone, and the right to invite was checked.
        template.sudo().send_mail_batch(reachable.ids)
        message = self.env._("%(count)s customers are asked to acknowledge the credit terms.", count=len(reachable))
        if missing - reachable:
            message += " " + self.env._(
                "Without an e-mail address: %(names)s", names=", ".join((missing - reachable)[:10].mapped("name"))
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": "success" if reachable else "warning", "message": message},
        }
