from . import demo, models, report, wizard
from .uninstall import forget


def uninstall_hook(env):
    """Leave nothing of this addon behind."""
    forget(env, "ar_enhanced")
