from odoo import models
from odoo.http import request

#: Where money is shown and paid: pages and calls of these addons, and Odoo's own about invoices and payments.
OF_MONEY = ("/my/receivables", "/receivables/", "/my/invoices", "/my/overdue_invoices", "/invoice/", "/payment/")


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _pre_dispatch(cls, rule, args):
        """Let it be the company's day where money is shown and paid, and not the day of who is looking."""
        result = super()._pre_dispatch(rule, args)
        if rule.rule.startswith(OF_MONEY):
            request.update_context(tz=request.env.company._ar_zone().zone)
        return result
