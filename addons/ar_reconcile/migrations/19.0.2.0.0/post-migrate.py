"""Gives the files of the first version the records that this version tells about them with."""


def migrate(cr, version):
    """Turn the messages of refused files into notes, and journals' lines into one statement per file and journal."""
    if not version:
        return
    cr.execute(
        """
        INSERT INTO ar_statement_import_note (import_id, kind, code, facts, create_date, write_date)
        SELECT id, 'problem', 'former', jsonb_build_object('told', ar_former_message), create_date, create_date
          FROM ar_statement_import
         WHERE state = 'refused' AND ar_former_message IS NOT NULL
        """
    )
    cr.execute(
        """
        INSERT INTO ar_imported_statement
               (import_id, company_id, position, journal_id, currency_id, source, format, start_date, end_date,
                money_in, money_out, line_count, new_count, known_count, doubtful_count, skipped_count, statement_id,
                create_date, write_date)
        SELECT file.id, file.company_id, row_number() OVER (PARTITION BY file.id ORDER BY line.journal_id) - 1,
               line.journal_id, min(line.currency_id), 'OFX', 'OFX', min(move.date), max(move.date),
               COALESCE(sum(line.amount) FILTER (WHERE line.amount > 0), 0),
               COALESCE(sum(line.amount) FILTER (WHERE line.amount < 0), 0),
               count(*), count(*), 0, 0, 0, min(line.statement_id), file.create_date, file.create_date
          FROM account_bank_statement_line line
          JOIN account_move move ON move.id = line.move_id
          JOIN ar_statement_import file ON file.id = line.ar_file_id
         GROUP BY file.id, line.journal_id
        """
    )
    cr.execute(
        """
        UPDATE account_bank_statement_line line
           SET ar_imported_statement_id = imported.id
          FROM ar_imported_statement imported
         WHERE imported.import_id = line.ar_file_id AND imported.journal_id = line.journal_id
        """
    )
    cr.execute(
        "UPDATE ar_statement_import SET imported_by = create_uid, imported_on = create_date WHERE state = 'done'"
    )
    cr.execute("ALTER TABLE ar_statement_import DROP COLUMN ar_former_message")
    cr.execute("DROP TABLE IF EXISTS account_bank_statement_line_ar_statement_import_rel")
    cr.execute("DROP TABLE IF EXISTS account_bank_statement_ar_statement_import_rel")
