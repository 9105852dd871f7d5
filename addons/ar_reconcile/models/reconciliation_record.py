"""What was written down of a reconciliation stays: the sheet as it was signed, and the messages of its steps."""

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

MODEL = "ar.reconciliation"
#: What of a message or a file doesn't tell anything else than was written down.
HARMLESS = {"starred_partner_ids", "notified_partner_ids", "notification_ids", "reaction_ids", "access_token"}


class MailMessage(models.Model):
    _inherit = "mail.message"

    def write(self, vals):
        if not self.env.su and set(vals) - HARMLESS:
            self._ar_check_not_kept()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_kept(self):
        self._ar_check_not_kept()

    def _ar_check_not_kept(self):
        """Refuse to change what the steps of a reconciliation have written; what people say is theirs."""
        if any(each.model == MODEL and each.message_type == "notification" for each in self.sudo()):
            raise UserError(self.env._("What was written down of a reconciliation can't be changed."))


class IrAttachment(models.Model):
    _inherit = "ir.attachment"  # pylint: disable=consider-merging-classes-inherited

    def write(self, vals):
        if not self.env.su and set(vals) - HARMLESS:
            self._ar_check_not_kept()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_kept(self):
        self._ar_check_not_kept()

    def _ar_check_not_kept(self):
        """Refuse to change the sheet of a reconciliation as it was signed."""
        ours = self.sudo().filtered(lambda each: each.res_model == MODEL)
        written = Domain("model", "=", MODEL) & Domain("message_type", "=", "notification")
        domain = written & Domain("res_id", "in", ours.mapped("res_id")) & Domain("attachment_ids", "in", ours.ids)
        if ours and self.env["mail.message"].sudo().search_count(domain, limit=1):
            raise UserError(self.env._("The sheet of a reconciliation is kept as it was signed."))
