from . import ar_reconciliation_reopen, base_partner_merge
