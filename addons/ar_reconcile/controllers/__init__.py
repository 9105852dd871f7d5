from . import reconciliation_sheet
