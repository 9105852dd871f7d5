from . import ar_reconciliation_reopen
