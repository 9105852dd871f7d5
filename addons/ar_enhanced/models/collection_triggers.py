"""What changes the place of a customer on the collections desk."""

from odoo import api, models


class ArCollectionContact(models.Model):
    _name = "ar.collection.contact"
    _inherit = ["ar.collection.contact", "ar.collection.trigger"]


class ArPromise(models.Model):
    _name = "ar.promise"
    _inherit = ["ar.promise", "ar.collection.trigger"]


class ArDispute(models.Model):
    _name = "ar.dispute"
    _inherit = ["ar.dispute", "ar.collection.trigger"]


class ArPaymentPlan(models.Model):
    _name = "ar.payment.plan"
    _inherit = ["ar.payment.plan", "ar.collection.trigger"]


class ArAgencyCase(models.Model):
    _name = "ar.agency.case"
    _inherit = ["ar.agency.case", "ar.collection.trigger"]


class AccountPartialReconcile(models.Model):
    """Payments, credit notes and write-offs change what is left to ask for."""

    _inherit = "account.partial.reconcile"  # pylint: disable=consider-merging-classes-inherited

    @api.model_create_multi
    def create(self, vals_list):
        """Match items, and have their customers' places on the desk found anew."""
        partials = super().create(vals_list)
        partials._ar_desk_changed()
        return partials

    def unlink(self):
        """Take matches back, and have the customers' places on the desk found anew."""
        self._ar_desk_changed()
        return super().unlink()

    def _ar_desk_changed(self):
        # Whoever matches payments needn't see the desk.
        lines = self.sudo().debit_move_id.filtered(lambda line: line.account_type == "asset_receivable")
        for company, owed in lines.grouped("company_id").items():
            self.env["ar.collection.account"]._refresh_soon(company, owed.partner_id.commercial_partner_id.ids)
