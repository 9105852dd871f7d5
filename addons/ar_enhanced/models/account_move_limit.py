from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    # Few of a million invoices are drafts, and each check of a customer's exposure asks for them.
    _ar_draft_invoice_idx = models.Index(
        "(partner_id) WHERE state = 'draft' AND move_type IN ('out_invoice', 'out_receipt')"
    )

    def _build_credit_warning_message(self, record, *args, **kwargs):
        """Tell those who only sell that a limit is exceeded, and neither the limit nor what the customer owes."""
        message = super()._build_credit_warning_message(record, *args, **kwargs)
        if not message or self.env.user.has_group("ar_enhanced.group_ar_user"):
            return message
        return self.env._(
            "%(customer)s has reached its credit limit.", customer=record.sudo().partner_id.commercial_partner_id.name
        )
