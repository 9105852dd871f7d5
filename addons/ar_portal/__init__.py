from odoo.addons.ar_enhanced.uninstall import forget

from . import controllers, models, wizard


def uninstall_hook(env):
    """Leave nothing of this addon behind."""
    forget(env, "ar_portal")
