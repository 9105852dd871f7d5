from . import ar_collector_report, ar_discount_report, ar_dispute_report
