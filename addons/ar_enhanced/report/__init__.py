from . import ar_discount_report
