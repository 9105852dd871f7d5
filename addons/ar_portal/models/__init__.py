from . import account_move_line, ar_credit_terms, payment_transaction, portal_payment, res_partner
