from . import account_move_line, ar_credit_score, res_company, res_partner
