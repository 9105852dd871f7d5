from . import (
    account_bank_statement_line,
    account_journal,
    ar_imported_statement,
    ar_match,
    ar_match_allocation,
    ar_statement_account,
    ar_statement_import,
    ar_statement_import_note,
    res_company,
    res_config_settings,
)
