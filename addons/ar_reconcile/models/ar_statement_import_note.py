from odoo import api, fields, models

from .ar_import_wording import ImportWording


class ArStatementImportNote(models.Model):
    """One thing to know about a file's import: a transaction that was left out and why, or what is odd in the file."""

    _name = "ar.statement.import.note"
    _description = "Note on a Bank File"
    _order = "import_id desc, id"
    _rec_name = "code"

    import_id = fields.Many2one("ar.statement.import", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="import_id.company_id")
    imported_statement_id = fields.Many2one(
        "ar.imported.statement", string="Account", readonly=True, index=True, ondelete="cascade"
    )
    kind = fields.Selection(
        [
            ("problem", "Problem"),
            ("warning", "Look at it"),
            ("doubtful", "Doubtful"),
            ("skipped", "Left out"),
            ("known", "Already there"),
            ("info", "Remark"),
        ],
        required=True,
        readonly=True,
    )
    code = fields.Char(required=True, readonly=True)
    facts = fields.Json(readonly=True)
    line = fields.Integer(string="Line of the File", readonly=True)
    day = fields.Date(readonly=True)
    amount = fields.Monetary(readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    name = fields.Char(string="Counterparty or Text", readonly=True)
    statement_line_id = fields.Many2one(
        "account.bank.statement.line", string="Bank Line", readonly=True, index="btree_not_null", ondelete="set null"
    )
    text = fields.Text(string="Why", compute="_compute_text")

    @api.depends("code", "facts", "statement_line_id")
    @api.depends_context("lang")
    def _compute_text(self):
        wording = ImportWording(self.env)
        for note in self:
            note.text = wording.note(note)
