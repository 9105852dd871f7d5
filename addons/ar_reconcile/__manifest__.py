{
    "name": "Receivables: Bank Reconciliation",
    "summary": "Bank statements in, matched to invoices by themselves, with reasons and undo",
    "version": "19.0.2.0.0",
    "category": "Accounting/Accounting",
    "license": "LGPL-3",
    "author": "AR Suite contributors",
    "depends": ["ar_enhanced"],
    "external_dependencies": {"python": ["ofxparse", "xmltodict"]},
    "data": [
        "security/ar_reconcile_security.xml",
        "security/ir.model.access.csv",
        "data/ir_cron.xml",
        "views/ar_match_views.xml",
        "views/ar_statement_import_views.xml",
        "views/account_bank_statement_line_views.xml",
        "views/account_journal_views.xml",
        "views/res_config_settings_views.xml",
    ],
    "uninstall_hook": "uninstall_hook",
    "assets": {
        "web.assets_backend": [
            "ar_reconcile/static/src/components/**/*",
            "ar_reconcile/static/src/js/tours/*",
        ],
        "web.assets_tests": ["ar_reconcile/static/tests/tours/**/*"],
    },
}
