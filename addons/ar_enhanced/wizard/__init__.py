from . import (
    account_payment_register,
    ar_contract_accept,
    ar_credit_file_print,
    ar_credit_hold_release,
    ar_credit_hold_request,
    ar_credit_limit_propose,
    ar_credit_limit_refuse,
    ar_credit_migration_report,
    ar_credit_warning_dismiss,
    ar_dispute_close,
    ar_interest_run,
    base_partner_merge,
)
