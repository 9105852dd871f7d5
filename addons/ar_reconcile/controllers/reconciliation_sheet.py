from odoo import http
from odoo.http import content_disposition, request

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ReconciliationSheet(http.Controller):
    @http.route(
        "/ar_reconcile/reconciliation/<int:reconciliation_id>/sheet.xlsx",
        type="http",
        auth="user",
        methods=["GET"],
        readonly=True,
    )
    def reconciliation_sheet(self, reconciliation_id):
        """Answer with the proof sheet as a workbook."""
        name, content = request.env["ar.reconciliation"].browse(reconciliation_id).proof_workbook()
        return request.make_response(
            content,
            headers=[
                ("Content-Type", XLSX),
                ("Content-Length", len(content)),
                ("Content-Disposition", content_disposition(name)),
                ("X-Content-Type-Options", "nosniff"),
                ("Cache-Control", "no-store"),
            ],
        )
