from . import test_bank_file_import, test_match, test_reconcile_access, test_reconcile_tour
