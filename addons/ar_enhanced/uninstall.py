"""What Odoo leaves behind when one of our addons is uninstalled, and stumbles over."""

from odoo.fields import Domain

#: What users keep for themselves of a model, with the field that names it.
KEPT = {"ir.filters": "model_id", "ir.exports": "resource", "ir.actions.act_window": "res_model", "ir.ui.view": "model"}


def forget(env, module):
    """Remove what Odoo forgets of ``module``: activities, notes, and what users have made of its models.

    Called while the models are still there.
    """
    own = [name for name, model in env.registry.items() if model._original_module == module]
    _forget_activities(env, module)
    _forget_notes(env, module, own)
    for kept, field in KEPT.items():
        records = env[kept].with_context(active_test=False).search([(field, "in", own)])
        # What came with an addon goes with it.
        shipped = env["ir.model.data"].search([("model", "=", kept), ("res_id", "in", records.ids)])
        (records - records.browse(shipped.mapped("res_id"))).unlink()


def _forget_activities(env, module):
    # Odoo turns open activities into to-dos, and stumbles over those that are done or whose document goes.
    types = env["ir.model.data"].search([("module", "=", module), ("model", "=", "mail.activity.type")])
    of_ours = Domain("activity_type_id", "in", types.mapped("res_id"))
    going = Domain("active", "=", False) | Domain("res_model", "=like", "ar.%")
    env["mail.activity"].with_context(active_test=False).search(of_ours & going).unlink()


def _forget_notes(env, module, own):
    # Odoo forgets what other modules noted of a model that they add to.
    noted = Domain.OR(
        Domain("name", "=like", f"{kind}__{name.replace('.', '_')}__%".replace("_", "\\_"))
        for name in own
        for kind in ("selection", "model_inherit")
    )
    env["ir.model.data"].search(Domain("module", "!=", module) & noted).unlink()
    # It forgets the keys of fields in tables that stay, and others would hold back what is deleted before its table.
    env["ir.model.constraint"].search([("module.name", "=", module), ("type", "=", "f")]).unlink()
