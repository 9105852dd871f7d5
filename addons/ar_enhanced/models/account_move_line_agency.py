from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _ar_sql_handed_over_items(self, company):
        """SQL query of the ids of the items that an agency collects for ``company`` and its branches now."""
        return SQL(
            """
            SELECT handed_over.move_line_id
              FROM ar_agency_case_line handed_over
              JOIN ar_agency_case agency_case ON agency_case.id = handed_over.case_id
             WHERE agency_case.state = 'handed_over'
               AND agency_case.company_id = %s
               AND handed_over.move_line_id IS NOT NULL
            """,
            company.root_id.id,
        )

    def _ar_prepare_agency_cases(self):
        """Draft cases of what is open on these lines, one per customer, company and currency, and open them."""
        if not self.env.user.has_group("ar_enhanced.group_ar_clerk"):
            raise AccessError(self.env._("Preparing a hand-over takes the rights of a clerk in Receivables."))
        items = self._ar_owed()
        if not items:
            raise UserError(self.env._("Nothing is open here that could be handed over."))
        cases = self.env["ar.agency.case"].create(
            [
                {
                    "partner_id": customer.id,
                    "company_id": company.id,
                    "currency_id": currency.id,
                    "agency_id": self._ar_first_agency(company).id,
                    "line_ids": [fields.Command.create({"move_line_id": line.id}) for line in of_customer],
                }
                for (customer, company, currency), of_customer in items.grouped(
                    lambda line: (
                        line.partner_id.commercial_partner_id,
                        line.company_id.sudo().root_id.sudo(False),
                        line.currency_id,
                    )
                ).items()
            ]
        )
        return cases._get_records_action(name=self.env._("Hand Over to Agency"))

    @api.model
    def _ar_first_agency(self, company):
        return self.env["ar.agency"].search([("company_id", "in", (False, company.id))], limit=1)


class AccountMove(models.Model):
    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    def action_ar_hand_over(self):
        """Prepare the hand-over of what is open on these invoices to an agency."""
        self.check_access("read")
        return self.line_ids._ar_prepare_agency_cases()


class ResPartner(models.Model):
    _inherit = "res.partner"  # pylint: disable=consider-merging-classes-inherited

    ar_agency_case_count = fields.Integer(
        string="Cases with Agencies",
        compute="_compute_ar_agency_case_count",
        groups="ar_enhanced.group_ar_user",
    )

    @api.depends_context("company")
    def _compute_ar_agency_case_count(self):
        counts = dict(
            self.env["ar.agency.case"]._read_group(
                [
                    ("partner_id", "in", self.commercial_partner_id.ids),
                    ("company_id", "=", self.env.company.root_id.id),
                    ("state", "=", "handed_over"),
                ],
                ["partner_id"],
                ["__count"],
            )
        )
        for partner in self:
            partner.ar_agency_case_count = counts.get(partner.commercial_partner_id, 0)

    @api.readonly
    def action_ar_agency_cases(self):
        """Open the cases of this customer with agencies."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("ar_enhanced.action_ar_agency_case"),
            "domain": [("partner_id", "=", self.commercial_partner_id.id)],
            "context": {},
        }

    def action_ar_hand_over(self):
        """Prepare the hand-over of what this customer owes for too long."""
        self.ensure_one()
        day = fields.Date.context_today(self)
        overdue = self._ar_items_owed().filtered(lambda line: (line.date_maturity or line.date) < day)
        if not overdue:
            raise UserError(self.env._("Nothing of this customer is overdue."))
        return overdue._ar_prepare_agency_cases()
