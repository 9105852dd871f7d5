"""Loads the demo data of our addons into a database without any, for ``odoo shell``."""

from odoo.modules import Manifest
from odoo.tools import convert_file

for name in ("ar_enhanced", "ar_reconcile", "ar_portal"):
    for path in Manifest.for_addon(name)["demo"]:
        convert_file(env, name, path, {}, mode="init", noupdate=True)  # noqa: F821 - the shell's
    env["ir.module.module"].search([("name", "=", name)]).demo = True  # noqa: F821
company = env.ref("ar_enhanced.demo_company")  # noqa: F821
env.ref("payment.payment_provider_demo").write(  # noqa: F821
    {"company_id": company.id, "state": "test", "is_published": True}
)
env.cr.commit()  # noqa: F821
