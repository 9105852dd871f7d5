from . import account_bank_statement_line
from . import account_journal
from . import account_journal_dashboard
from . import ar_match
from . import ar_match_allocation
from . import ar_statement_import
