from . import test_portal_access, test_portal_receivables, test_portal_tour
