{
    "name": "Receivables: Credit on Sales Orders",
    "summary": "Orders count towards the credit limit, and an order that must wait is held when it is confirmed",
    "version": "19.0.1.1.0",
    "category": "Accounting/Accounting",
    "author": "AR Suite contributors",
    "license": "LGPL-3",
    "depends": ["ar_enhanced", "sale"],
    "data": [
        "views/account_move_views.xml",
        "views/sale_order_views.xml",
        "views/sale_order_standing_views.xml",
    ],
    "assets": {"web.assets_tests": ["ar_enhanced_sale/static/tests/tours/**/*"]},
    "auto_install": True,
}
