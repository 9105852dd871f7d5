"""Keeps what the first version stored of each file in ways that this one stores otherwise."""


def migrate(cr, version):
    """Set the messages of refused files aside, and which file brought a bank line."""
    if not version:
        return
    cr.execute("ALTER TABLE account_bank_statement_line ADD COLUMN IF NOT EXISTS ar_file_id integer")
    cr.execute("ALTER TABLE account_bank_statement_line ADD COLUMN IF NOT EXISTS ar_source varchar")
    cr.execute(
        """
        UPDATE account_bank_statement_line line
           SET ar_file_id = relation.ar_statement_import_id
          FROM account_bank_statement_line_ar_statement_import_rel relation
         WHERE relation.account_bank_statement_line_id = line.id
        """
    )
    # The first version read OFX alone.
    cr.execute("UPDATE account_bank_statement_line SET ar_source = 'OFX' WHERE ar_import_id IS NOT NULL")
    cr.execute("ALTER TABLE ar_statement_import ADD COLUMN IF NOT EXISTS origin varchar")
    cr.execute("UPDATE ar_statement_import SET origin = 'upload' WHERE origin IS NULL")
    cr.execute("ALTER TABLE ar_statement_import RENAME COLUMN message TO ar_former_message")
