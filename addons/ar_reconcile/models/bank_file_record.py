"""The file of the bank stays as it came: what was checked is what is imported, and that is kept."""

from odoo import api, models
from odoo.exceptions import UserError

from .reconciliation_record import HARMLESS


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    def write(self, vals):
        if not self.env.su and set(vals) - HARMLESS:
            self._ar_check_no_bank_file()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_bank_file(self):
        self._ar_check_no_bank_file()

    def _ar_check_no_bank_file(self):
        """Refuse to change the original of a bank file import; other files that people add there are theirs."""
        imports = self.env["ar.statement.import"].sudo()
        if imports.search_count([("attachment_id", "in", self.ids)], limit=1):
            raise UserError(self.env._("The bank's file is kept as it came."))
