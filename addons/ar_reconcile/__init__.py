from odoo.fields import Domain

from . import models


def uninstall_hook(env):
    """Give the aliases of bank journals back to Odoo: the model that they bring files to goes."""
    model = env["ir.model"]._get_id("ar.statement.import")
    aliases = env["mail.alias"].search([("alias_model_id", "=", model)])
    aliases.write({"alias_model_id": env["ir.model"]._get_id("account.move"), "alias_name": False})
    # Odoo forgets what other modules noted of a model that they add to, and the keys of fields in tables that stay.
    noted = Domain("name", "=like", "selection\\_\\_ar\\_statement\\_import\\_\\_%")
    noted |= Domain("name", "=like", "model\\_inherit\\_\\_ar\\_statement\\_import\\_\\_%")
    env["ir.model.data"].search(Domain("module", "!=", "ar_reconcile") & noted).unlink()
    env["ir.model.constraint"].search([("module.name", "=", "ar_reconcile"), ("type", "=", "f")]).unlink()
