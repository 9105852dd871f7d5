from . import (
    account_move,
    ar_credit_hold,
    payment_transaction,
    res_partner_orders,
    sale_order,
    sale_order_growth,
    sale_order_standing,
)
