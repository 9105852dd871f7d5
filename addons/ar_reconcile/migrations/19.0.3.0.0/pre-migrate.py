"""Renames what was called a match to a proposal, before this version's models meet the tables."""

from odoo.tools import SQL

#: Former and present names of models; the longer one first, as the other begins it.
MODELS = (
    ("ar.match.allocation", "ar.match.proposal.allocation"),
    ("ar.match", "ar.match.proposal"),
)
#: Model, former and present name of fields.
FIELDS = (
    ("ar.match.proposal", "proposal", "verdict"),
    ("ar.match.proposal.allocation", "item_id", "move_line_id"),
    ("ar.match.proposal.allocation", "match_id", "proposal_id"),
    ("account.bank.statement.line", "ar_state", "ar_match_state"),
)
#: Model, field, former and present value of selections.
VALUES = (
    ("ar.match.proposal", "state", "open", "left"),
    ("ar.match.proposal", "state", "booked", "accepted"),
    ("account.bank.statement.line", "ar_match_state", "open", "none"),
    ("account.bank.statement.line", "ar_match_state", "booked", "matched"),
)
#: Former and present XML ids.
RECORDS = (
    ("access_ar_match_reconcile", "access_ar_match_proposal_reconcile"),
    ("access_ar_match_readonly", "access_ar_match_proposal_readonly"),
    ("access_ar_match_invoice", "access_ar_match_proposal_invoice"),
    ("access_ar_match_allocation_reconcile", "access_ar_match_proposal_allocation_reconcile"),
    ("access_ar_match_allocation_readonly", "access_ar_match_proposal_allocation_readonly"),
    ("access_ar_match_allocation_invoice", "access_ar_match_proposal_allocation_invoice"),
    ("rule_match_company", "rule_match_proposal_company"),
    ("rule_match_allocation_company", "rule_match_proposal_allocation_company"),
    ("ar_match_view_form", "ar_match_proposal_view_form"),
)


def migrate(cr, version):
    """Rename models, fields and values, and fill the columns that former proposals lack."""
    if not version:
        return
    for former, present in MODELS:
        _rename_model(cr, former, present)
        cr.execute("UPDATE ir_filters SET model_id = %s WHERE model_id = %s", (present, former))
    _remove_former_match_state(cr)
    for model, former, present in FIELDS:
        _rename_field(cr, model, former, present)
    for model, field, former, present in VALUES:
        _rename_value(cr, model, field, former, present)
    for former, present in RECORDS:
        _rename_record(cr, former, present)
    cr.execute("UPDATE account_bank_statement_line SET ar_match_state = 'none' WHERE ar_match_state = 'new'")
    _fill_columns(cr)


def _alter(cr, statement, *names):
    cr.execute(SQL(statement, *map(SQL.identifier, names)))


def _replace(cr, table, column, former, present):
    table, column = SQL.identifier(table), SQL.identifier(column)
    cr.execute(SQL("UPDATE %s SET %s = %s WHERE %s = %s", table, column, present, column, former))


def _rename_model(cr, former, present):
    table, renamed = former.replace(".", "_"), present.replace(".", "_")
    _alter(cr, "ALTER TABLE %s RENAME TO %s", table, renamed)
    _alter(cr, "ALTER SEQUENCE %s RENAME TO %s", f"{table}_id_seq", f"{renamed}_id_seq")
    cr.execute(
        """
        SELECT conname FROM pg_constraint
         WHERE conrelid = %s::regclass AND starts_with(conname, %s) AND NOT starts_with(conname, %s)
        """,
        [renamed, f"{table}_", f"{renamed}_"],
    )
    for (name,) in cr.fetchall():
        _alter(cr, "ALTER TABLE %s RENAME CONSTRAINT %s TO %s", renamed, name, renamed + name.removeprefix(table))
    cr.execute(
        """
        SELECT indexname FROM pg_indexes
         WHERE tablename = %s AND starts_with(indexname, %s) AND NOT starts_with(indexname, %s)
        """,
        [renamed, f"{table}_", f"{renamed}_"],
    )
    for (name,) in cr.fetchall():
        _alter(cr, "ALTER INDEX %s RENAME TO %s", name, renamed + name.removeprefix(table))
    for kind, column in (
        ("ir_model", "model"),
        ("ir_model_fields", "model"),
        ("ir_model_fields", "relation"),
        ("ir_ui_view", "model"),
        ("ir_attachment", "res_model"),
    ):
        _replace(cr, kind, column, former, present)
    cr.execute(
        "UPDATE ir_model_constraint SET name = replace(name, %s, %s) WHERE starts_with(name, %s)",
        [f"{table}_", f"{renamed}_", f"{table}_"],
    )
    _rename_record(cr, f"model_{table}", f"model_{renamed}")
    _rename_records(cr, f"field_{table}__", f"field_{renamed}__")
    _rename_records(cr, f"selection__{table}__", f"selection__{renamed}__")
    _rename_records(cr, f"constraint_{table}_", f"constraint_{renamed}_")


def _rename_record(cr, former, present):
    cr.execute("UPDATE ir_model_data SET name = %s WHERE module = 'ar_reconcile' AND name = %s", [present, former])


def _rename_records(cr, former, present):
    """Rename the XML ids that begin with ``former``."""
    cr.execute(
        """
        UPDATE ir_model_data SET name = %s || substr(name, %s)
         WHERE module = 'ar_reconcile' AND starts_with(name, %s)
        """,
        [present, len(former) + 1, former],
    )


def _remove_former_match_state(cr):
    """Forget the field that wasn't stored, whose name the state of a bank line takes."""
    cr.execute("DELETE FROM ir_model_data WHERE name = 'field_account_bank_statement_line__ar_match_state'")
    cr.execute("DELETE FROM ir_model_fields WHERE model = 'account.bank.statement.line' AND name = 'ar_match_state'")


def _rename_field(cr, model, former, present):
    table = model.replace(".", "_")
    _alter(cr, "ALTER TABLE %s RENAME COLUMN %s TO %s", table, former, present)
    cr.execute("UPDATE ir_model_fields SET name = %s WHERE model = %s AND name = %s", [present, model, former])
    cr.execute(
        "UPDATE ir_model_fields SET relation_field = %s WHERE relation = %s AND relation_field = %s",
        [present, model, former],
    )
    _rename_record(cr, f"field_{table}__{former}", f"field_{table}__{present}")
    _rename_records(cr, f"selection__{table}__{former}__", f"selection__{table}__{present}__")
    foreign_key = f"{table}_{former}_fkey"
    cr.execute("UPDATE ir_model_constraint SET name = %s WHERE name = %s", [f"{table}_{present}_fkey", foreign_key])
    cr.execute("SELECT FROM pg_constraint WHERE conrelid = %s::regclass AND conname = %s", [table, foreign_key])
    if cr.rowcount:
        _alter(cr, "ALTER TABLE %s RENAME CONSTRAINT %s TO %s", table, foreign_key, f"{table}_{present}_fkey")
    index, renamed = f"{table}__{former}_index", f"{table}__{present}_index"
    _alter(cr, "ALTER INDEX IF EXISTS %s RENAME TO %s", index, renamed)


def _rename_value(cr, model, field, former, present):
    table = model.replace(".", "_")
    _replace(cr, table, field, former, present)
    cr.execute(
        """
        UPDATE ir_model_fields_selection selection SET value = %s
          FROM ir_model_fields field
         WHERE field.id = selection.field_id AND field.model = %s AND field.name = %s AND selection.value = %s
        """,
        [present, model, field, former],
    )
    _rename_record(cr, f"selection__{table}__{field}__{former}", f"selection__{table}__{field}__{present}")


def _fill_columns(cr):
    """Add what former proposals lack: their reasons stood in what the engine said, each part settled an item whole."""
    cr.execute(
        """
        ALTER TABLE ar_match_proposal
              ADD COLUMN rank integer, ADD COLUMN reasons jsonb, ADD COLUMN against jsonb
        """
    )
    cr.execute("UPDATE ar_match_proposal SET rank = 1, reasons = verdict -> 'reasons', against = verdict -> 'against'")
    cr.execute("ALTER TABLE ar_match_proposal_allocation ADD COLUMN kind varchar, ADD COLUMN partner_id integer")
    cr.execute(
        """
        UPDATE ar_match_proposal_allocation allocation SET kind = 'full', partner_id = item.partner_id
          FROM ar_match_proposal_allocation known
          LEFT JOIN account_move_line item ON item.id = known.move_line_id
         WHERE known.id = allocation.id
        """
    )
    # What a person turned down or took back is now noted on the bank line.
    cr.execute(
        """
        UPDATE account_bank_statement_line SET ar_is_persons = TRUE
         WHERE id IN (SELECT statement_line_id FROM ar_match_proposal WHERE state IN ('rejected', 'undone'))
        """
    )
