from . import ar_discount_report, ar_dispute_report
