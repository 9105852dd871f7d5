from odoo.addons.ar_enhanced.uninstall import forget

from . import controllers, models, report, wizard


def uninstall_hook(env):
    """Give the aliases of bank journals back to Odoo, for the model that they bring files to goes; leave nothing."""
    model = env["ir.model"]._get_id("ar.statement.import")
    aliases = env["mail.alias"].search([("alias_model_id", "=", model)])
    aliases.write({"alias_model_id": env["ir.model"]._get_id("account.move"), "alias_name": False})
    forget(env, "ar_reconcile")
