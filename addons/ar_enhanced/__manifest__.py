{
    "name": "Receivables: Credit and Collections",
    "summary": "Customers made credit-aware: open items, ageing and an explained payment score",
    "version": "19.0.1.0.0",
    "category": "Accounting/Accounting",
    "author": "AR Suite contributors",
    "license": "LGPL-3",
    "depends": ["account", "mail"],
    "data": [
        "security/ar_enhanced_groups.xml",
        "security/ir.model.access.csv",
        "data/ir_cron.xml",
        "views/ar_credit_score_views.xml",
        "views/res_partner_views.xml",
    ],
    "demo": ["demo/demo.xml"],
    # Read by demo/ar_demo.py; named for the linter that looks for unused files.
    "oca_data_manual": [
        "demo/customers.csv",
        "demo/invoice_lines.csv",
        "demo/invoices.csv",
        "demo/other_bank_lines.csv",
        "demo/payments.csv",
        "demo/products.csv",
        "demo/rates.csv",
    ],
    "assets": {
        "web.assets_backend": ["ar_enhanced/static/src/**/*"],
        "web.assets_tests": ["ar_enhanced/static/tests/tours/**/*"],
    },
}
