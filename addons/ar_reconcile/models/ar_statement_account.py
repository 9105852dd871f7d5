from odoo import api, fields, models

from ..engine.reference import compact


class ArStatementAccount(models.Model):
    """The journal that a person chose for an account of bank files, for the files that follow."""

    _name = "ar.statement.account"
    _description = "Account of Bank Files"
    _order = "account, id"
    _rec_name = "account"
    _check_company_auto = True

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    account = fields.Char(required=True, readonly=True, help="The number without blanks and separators.")
    currency = fields.Char(readonly=True, help="The currency that the files tell, if they do.")
    journal_id = fields.Many2one(
        "account.journal",
        required=True,
        check_company=True,
        ondelete="cascade",
        domain="[('type', 'in', ('bank', 'credit'))]",
    )

    _account_unique = models.UniqueIndex("(company_id, account, COALESCE(currency, ''))")

    @api.model
    def _remember(self, imported):
        """Keep the journal that a person chose for the account of ``imported``, an ar.imported.statement."""
        values = {
            "company_id": imported.company_id.id,
            "account": compact(imported.account),
            "currency": imported.currency_id.name,
        }
        remembered = self.search([(name, "=", value) for name, value in values.items()])
        if remembered:
            remembered.journal_id = imported.journal_id
        else:
            self.create({**values, "journal_id": imported.journal_id.id})
