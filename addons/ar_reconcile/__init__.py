from odoo.fields import Domain

from . import controllers, models, report, wizard


def uninstall_hook(env):
    """Give the aliases of bank journals back to Odoo: the model that they bring files to goes."""
    model = env["ir.model"]._get_id("ar.statement.import")
    aliases = env["mail.alias"].search([("alias_model_id", "=", model)])
    aliases.write({"alias_model_id": env["ir.model"]._get_id("account.move"), "alias_name": False})
    # Odoo turns open activities into to-dos, and stumbles over those that are done.
    types = env["ir.model.data"].search([("module", "=", "ar_reconcile"), ("model", "=", "mail.activity.type")])
    activities = env["mail.activity"].with_context(active_test=False)
    of_ours = Domain("activity_type_id", "in", types.mapped("res_id"))
    activities.search(of_ours & (Domain("active", "=", False) | Domain("res_model", "!=", "account.move"))).unlink()
    # Odoo forgets what other modules noted of a model that they add to, and the keys of fields in tables that stay.
    own = env["ir.model.data"].search([("module", "=", "ar_reconcile"), ("name", "=like", "model\\_ar\\_%")])
    noted = Domain.OR(
        Domain("name", "=like", f"{kind}__{name.removeprefix('model_')}__%".replace("_", "\\_"))
        for name in own.mapped("name")
        for kind in ("selection", "model_inherit")
    )
    env["ir.model.data"].search(Domain("module", "!=", "ar_reconcile") & noted).unlink()
    env["ir.model.constraint"].search([("module.name", "=", "ar_reconcile"), ("type", "=", "f")]).unlink()
