{
    "name": "Receivables: Customer Portal",
    "version": "19.0.2.0.0",
    "summary": "Customers see their balance, what is due and what was paid, for their own company only",
    "category": "Accounting/Accounting",
    "author": "AR Suite contributors",
    "license": "LGPL-3",
    "depends": ["ar_enhanced", "account_payment", "portal"],
    "data": [
        "views/portal_templates.xml",
        "views/portal_terms_templates.xml",
        "views/portal_payment_templates.xml",
        "views/portal_notice_templates.xml",
        "views/portal_statement_templates.xml",
        "views/portal_overview_templates.xml",
        "views/ar_statement_views.xml",
        "views/res_config_settings_views.xml",
        "views/res_partner_views.xml",
    ],
    "demo": ["demo/demo.xml"],
    "assets": {
        "web.assets_frontend": [
            "ar_portal/static/src/scss/receivables.scss",
            "ar_portal/static/src/interactions/*.js",
        ],
        "web.assets_tests": ["ar_portal/static/tests/tours/**/*"],
    },
}
