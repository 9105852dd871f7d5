"""Where sales are installed, the bridge comes by itself; it goes with sales and leaves the credit control."""

from __future__ import annotations

from conftest import Database

MODULES = """
SELECT name, state FROM ir_module_module WHERE name IN ('ar_enhanced', 'ar_enhanced_sale', 'sale') ORDER BY name
"""
OUR_COLUMNS = """
SELECT table_name, column_name FROM information_schema.columns
 WHERE table_schema = 'public' AND table_name LIKE 'sale\\_%' AND column_name LIKE 'ar\\_%'
"""
#: What the registry still knows of the bridge.
LEFTOVERS = "SELECT model, name FROM ir_model_data WHERE module = 'ar_enhanced_sale'"

ORDER = """
from odoo import Command
customer = env["res.partner"].create({"name": "Customer of Both", "is_company": True})
work = env["product.product"].create({"name": "Work", "type": "service", "list_price": 250, "taxes_id": False})
order = env["sale.order"].create(
    {"partner_id": customer.id, "order_line": [Command.create({"product_id": work.id})]}
)
order.action_confirm()
print("EXPOSURE", customer.ar_exposure)
env.cr.commit()
"""

STILL = """
customer = env["res.partner"].search([("name", "=", "Customer of Both")])
print("EXPOSURE", customer.ar_exposure)
"""


def test_the_bridge_comes_and_goes_with_sales(database: Database) -> None:
    database.odoo("-i", "ar_enhanced", "--stop-after-init", "--no-http", "--max-cron-threads=0")
    assert dict(database.rows(MODULES))["ar_enhanced_sale"] == "uninstalled"

    database.odoo("-i", "sale", "--stop-after-init", "--no-http", "--max-cron-threads=0")
    assert dict(database.rows(MODULES)) == dict.fromkeys(("ar_enhanced", "ar_enhanced_sale", "sale"), "installed")
    assert "EXPOSURE 250.0" in database.shell(ORDER)

    database.odoo("module", "uninstall", "sale")

    states = dict(database.rows(MODULES))
    assert (states["ar_enhanced"], states["ar_enhanced_sale"]) == ("installed", "uninstalled")
    assert database.rows(OUR_COLUMNS) == []
    assert database.rows(LEFTOVERS) == []
    assert "EXPOSURE 0.0" in database.shell(STILL)
