"""What Odoo leaves behind when one of our addons is uninstalled, and stumbles over."""

from odoo.fields import Domain


def forget(env, module):
    """Remove the activities and notes of ``module`` that Odoo forgets; called while its models are still there."""
    # Odoo turns open activities into to-dos, and stumbles over those that are done or whose document goes.
    data = env["ir.model.data"]
    types = data.search([("module", "=", module), ("model", "=", "mail.activity.type")])
    activities = env["mail.activity"].with_context(active_test=False)
    of_ours = Domain("activity_type_id", "in", types.mapped("res_id"))
    staying = Domain("res_model", "in", ("account.move", "res.partner", "sale.order"))
    activities.search(of_ours & (Domain("active", "=", False) | ~staying)).unlink()
    # Odoo forgets what other modules noted of a model that they add to, and the keys of fields in tables that stay.
    own = data.search([("module", "=", module), ("name", "=like", "model\\_ar\\_%")])
    noted = Domain.OR(
        Domain("name", "=like", f"{kind}__{name.removeprefix('model_')}__%".replace("_", "\\_"))
        for name in own.mapped("name")
        for kind in ("selection", "model_inherit")
    )
    data.search(Domain("module", "!=", module) & noted).unlink()
    env["ir.model.constraint"].search([("module.name", "=", module), ("type", "=", "f")]).unlink()
