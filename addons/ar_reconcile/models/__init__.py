from . import account_bank_statement_line, account_journal, ar_match, ar_match_allocation, ar_statement_import
