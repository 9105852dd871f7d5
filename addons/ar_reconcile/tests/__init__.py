from . import (
    test_bank_file_import,
    test_match,
    test_matching_policy,
    test_payer_fact,
    test_reconcile_access,
    test_reconcile_tour,
)
