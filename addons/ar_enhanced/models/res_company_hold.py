from odoo import fields, models
from odoo.tools.misc import split_every


class ResCompany(models.Model):
    _inherit = "res.company"  # pylint: disable=consider-merging-classes-inherited

    ar_holds_reviewed_on = fields.Date(string="Unfinished Review of Holds", groups="ar_enhanced.group_ar_manager")
    ar_holds_reviewed_upto = fields.Integer(string="Last Customer Reviewed", groups="ar_enhanced.group_ar_manager")

    def _ar_review_holds(self, chunk_size):
        """Review the holds of this company's customers; go on where an unfinished run of today has stopped.

        :return: whether there was time for all of them
        """
        self.ensure_one()
        today = fields.Date.context_today(self)
        after = self.ar_holds_reviewed_upto if self.ar_holds_reviewed_on == today else 0
        holds = self.env["ar.credit.hold"]
        open_holds = holds.search([("company_id", "=", self.id), ("state", "in", ("active", "released"))])
        customer_ids = set(open_holds.partner_id.commercial_partner_id.ids)
        if self.env["ar.credit.hold.rule"]._active_rules(self):
            customer_ids |= set(self.env["account.move.line"]._ar_customer_ids(self, after))
        waiting = sorted(customer_id for customer_id in customer_ids if customer_id > after)
        self.env["ir.cron"]._commit_progress(remaining=len(waiting))
        for chunk in split_every(chunk_size, waiting):
            holds._review(self, list(chunk))
            self.write({"ar_holds_reviewed_on": today, "ar_holds_reviewed_upto": chunk[-1]})
            if not self.env["ir.cron"]._commit_progress(len(chunk)):
                return False
        self.write({"ar_holds_reviewed_on": False, "ar_holds_reviewed_upto": 0})
        return True
