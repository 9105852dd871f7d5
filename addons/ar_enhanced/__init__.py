from . import demo, models, report, wizard
from .uninstall import forget


def uninstall_hook(env):
    """Leave nothing of this addon behind."""
    # Steps hold on to their texts, which Odoo deletes before the tables of the steps.
    env["ar.reminder.policy"].with_context(active_test=False).search([]).unlink()
    forget(env, "ar_enhanced")
