from . import (
    account_move_line,
    account_payment,
    ar_credit_terms,
    payment_transaction,
    portal_notice,
    portal_payment,
    res_partner,
)
