from . import test_credit_access, test_credit_card_tour, test_credit_score, test_open_items, test_payment_facts
