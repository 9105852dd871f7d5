from odoo import fields, models

from ..engine.credit_score import Portfolio


class ResCompany(models.Model):
    _inherit = "res.company"

    ar_portfolio = fields.Json(string="Payment Behaviour of All Customers", groups="ar_enhanced.group_ar_manager")
    ar_scored_on = fields.Date(string="Unfinished Scoring of", groups="ar_enhanced.group_ar_manager")
    ar_scored_upto = fields.Integer(string="Last Customer Scored", groups="ar_enhanced.group_ar_manager")

    def _ar_portfolio(self, day):
        """How the customers of this company pay on the whole, as the last run found it or as of ``day``."""
        self.ensure_one()
        if not self.ar_portfolio:
            self._ar_renew_portfolio(day)
        return Portfolio.from_stored(self.ar_portfolio)

    def _ar_renew_portfolio(self, day):
        """Gather the portfolio anew: a statement over the whole ledger, so once per run."""
        self.ar_portfolio = self.env["account.move.line"]._ar_portfolio(self, day).as_stored()
