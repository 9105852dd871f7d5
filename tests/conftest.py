"""Lets engines and parsers be imported by their full names, and nothing of Odoo.

``odoo``, ``odoo.addons`` and each addon are empty packages here, so that
``from odoo.addons.ar_reconcile.engine.matching import …`` works without a
database and without loading the addon's models.  An engine that imports Odoo
fails at once, even where a real Odoo is installed.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import settings

# Property tests draw the same examples in every run, however busy the machine is.
settings.register_profile("repeatable", deadline=None, derandomize=True, database=None)
settings.load_profile("repeatable")

ROOT = Path(__file__).resolve().parents[1]
ADDONS = ROOT / "addons"


def _put_empty_package(name: str, *folders: Path) -> None:
    """Make ``name`` importable as a package that only looks for submodules in ``folders``."""
    package = ModuleType(name)
    package.__path__ = [str(folder) for folder in folders]
    sys.modules[name] = package
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], child, package)


if "odoo" in sys.modules:
    raise pytest.UsageError("These tests run without Odoo: leave out its pytest plugin and the addons' own tests.")

_put_empty_package("odoo")
_put_empty_package("odoo.addons")
for manifest in sorted(ADDONS.glob("*/__manifest__.py")):
    _put_empty_package(f"odoo.addons.{manifest.parent.name}", manifest.parent)


def pytest_configure(config: pytest.Config) -> None:
    """Turn warnings into errors, here only: Odoo itself could not be loaded so strictly."""
    config.addinivalue_line("filterwarnings", "error")
