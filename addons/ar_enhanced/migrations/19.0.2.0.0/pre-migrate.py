RENAMED = (("day", "date"), ("points", "score"))


def migrate(cr, version):
    """Keep the days and points of credit scores under the names that they have now."""
    cr.execute("SELECT column_name FROM information_schema.columns WHERE table_name = 'ar_credit_score'")
    columns = {column for (column,) in cr.fetchall()}
    for old, new in RENAMED:
        if old in columns and new not in columns:
            cr.execute(f'ALTER TABLE ar_credit_score RENAME COLUMN "{old}" TO "{new}"')
