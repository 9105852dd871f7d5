from odoo import api, models


class ReportReconciliation(models.AbstractModel):
    """The proof sheet on paper."""

    _name = "report.ar_reconcile.report_reconciliation"
    _description = "Proof Sheet of a Reconciliation"

    @api.model
    def _get_report_values(self, docids, data=None):
        docs = self.env["ar.reconciliation"].browse(docids)
        docs.check_access("read")
        return {"doc_ids": docids, "doc_model": docs._name, "docs": docs}
