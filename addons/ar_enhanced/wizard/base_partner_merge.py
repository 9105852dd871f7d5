from odoo import api, models


class MergePartner(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        """Leave one score and one limit that count before Odoo moves them: it deletes what breaks a unique index."""
        self._ar_keep_scores(src_partners)
        self._ar_keep_one_limit(src_partners, dst_partner)
        self.env.flush_all()
        result = super()._update_foreign_keys(src_partners, dst_partner)
        self.env.invalidate_all()
        # Securities of both raise the one limit that counts now. Who may merge contacts needn't see it.
        current = self.env["ar.credit.limit"].sudo()
        current.search([("is_current", "=", True), ("partner_id", "=", dst_partner.id)])._sync_native_limits()
        return result

    @api.model
    def _ar_keep_scores(self, src_partners):
        """Keep the scores of merged partners as history."""
        # Who may merge contacts needn't see scores.
        scores = self.env["ar.credit.score"].sudo()
        scores.search([("is_current", "=", True), ("partner_id", "in", src_partners.ids)]).write({"is_current": False})

    @api.model
    def _ar_keep_one_limit(self, src_partners, dst_partner):
        """Let the limit of the customer that stays count, else the newest one."""
        # Who may merge contacts needn't see limits.
        limits = self.env["ar.credit.limit"].sudo()
        of_both = limits.search(
            [
                ("partner_id", "in", (src_partners | dst_partner).ids),
                "|",
                ("is_current", "=", True),
                ("state", "in", ("proposed", "waiting")),
            ]
        )
        ordered = of_both.sorted(lambda limit: (limit.partner_id == dst_partner, limit.id), reverse=True)
        for of_company in ordered.grouped("company_id").values():
            current = of_company.filtered("is_current")
            current[1:].write({"is_current": False, "state": "superseded"})
            (of_company - current)[1:].write({"state": "superseded"})
