from . import test_bank_file_import
from . import test_match
from . import test_reconcile_access
from . import test_reconcile_tour
