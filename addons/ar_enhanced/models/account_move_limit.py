from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    # Few of a million invoices are drafts, and each check of a customer's exposure asks for them.
    _ar_draft_invoice_idx = models.Index(
        "(partner_id) WHERE state = 'draft' AND move_type IN ('out_invoice', 'out_receipt')"
    )
