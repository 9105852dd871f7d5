from . import (
    test_access_matrix,
    test_discount_tour,
    test_online_payment,
    test_payment_attacks,
    test_portal_access,
    test_portal_notice,
    test_portal_overview,
    test_portal_receivables,
    test_portal_statement,
    test_portal_terms,
    test_portal_tour,
)
