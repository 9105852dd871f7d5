import base64

from odoo import api, fields, models


class ArLedgerDownload(models.AbstractModel):
    """What can be downloaded as a spreadsheet, made from the ledger when it is asked for."""

    _name = "ar.ledger.download"
    _description = "Download XLSX"

    #: Fields that the spreadsheet and its name follow from.
    _download_depends = ()

    workbook = fields.Binary(compute="_compute_workbook")
    workbook_name = fields.Char(compute="_compute_workbook_name")

    @api.depends(lambda self: self._download_depends)
    def _compute_workbook(self):
        for asked_for in self:
            asked_for.workbook = base64.b64encode(asked_for._workbook())

    @api.depends(lambda self: self._download_depends)
    def _compute_workbook_name(self):
        for asked_for in self:
            asked_for.workbook_name = f"{asked_for._file_name()}.xlsx"

    def _workbook(self):
        """The bytes of the spreadsheet."""
        raise NotImplementedError

    def _file_name(self):
        """Name of the file without its ending."""
        raise NotImplementedError

    def action_download(self):
        """Download the spreadsheet."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/workbook?download=true&filename_field=workbook_name",
            "target": "download",
        }
