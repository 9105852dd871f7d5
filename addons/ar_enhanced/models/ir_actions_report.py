from odoo import models


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    def _get_rendering_context(self, report, docids, data):
        """Refuse the documents of these addons to whoever may not read the records that they are printed from.

        Odoo leaves that to the fields that a template reads. Of ours, some are computed with raised rights, and would
        give a reader without any rights what they were computed from.
        """
        if report.model and report.model.startswith("ar."):
            self.env[report.model].browse(docids or ()).check_access("read")
        return super()._get_rendering_context(report, docids, data)
