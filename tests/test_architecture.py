"""The direction of imports, the manifests, and what no file may contain.

Each rule is a function over a folder that names what breaks it.  Each is tested
on the repository, and on a sample that breaks it.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parents[1]
ADDONS = ROOT / "addons"

FOUNDATION = "ar_enhanced"
LICENSE = "LGPL-3"
VERSION = re.compile(r"19\.0\.\d+\.\d+\.\d+")

#: Folders of an addon that know no Odoo, and the folders of the same addon that each may import.
CORES = {"engine": ("engine",), "parsers": ("engine", "parsers")}
#: Folders of an addon that leave every decision to its models.
SHELLS = ("controllers", "report", "wizard")
#: Modules by which an engine would read, write, draw lots, or look at the clock.
SIDE_EFFECTS = (
    *("importlib", "io", "logging", "os", "pathlib", "random", "secrets", "shutil", "socket", "sqlite3"),
    *("subprocess", "tempfile", "threading", "time", "urllib", "uuid", "requests"),
)
#: What these modules have that holds values and reaches nothing.
VALUES = ("io.BytesIO", "io.StringIO", "pathlib.PurePosixPath")
CLOCKS = ("now", "today", "utcnow")

#: Written in parts, so that this file passes its own test.
REGISTRY_HOSTS = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("deb", "debian", "org"),
        ("ftp", "debian", "org"),
        ("security", "debian", "org"),
        ("archive", "ubuntu", "com"),
        ("docker", "io"),
        ("ghcr", "io"),
        ("quay", "io"),
    )
)
#: What a lock file says where it names a mirror that this list doesn't know.
REGISTRY_SETTINGS = tuple(
    "".join(parts) for parts in (("--index", "-url"), ("--extra-index", "-url"), ('"resol', 'ved": "http'))
)
NOT_OURS = {".git", ".hypothesis", ".local", ".pytest_cache", "__pycache__", "node_modules"}


def addons_in(folder: Path) -> list[Path]:
    """The addons of a folder, by name."""
    return sorted(manifest.parent for manifest in folder.glob("*/__manifest__.py"))


def manifest_of(addon: Path) -> dict[str, Any]:
    """What an addon says about itself."""
    return ast.literal_eval((addon / "__manifest__.py").read_text())


def imports_of(file: Path, addons: Path) -> Iterator[str]:
    """Every name that a file imports, in full: ``odoo.addons.<addon>.<…>`` for relative ones."""
    package = ["odoo", "addons", *file.relative_to(addons).parent.parts]
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def is_within(name: str, package: str) -> bool:
    """Whether an imported name is a package or something in it."""
    return name == package or name.startswith(f"{package}.")


def odoo_in_cores(addons: Path) -> Iterator[str]:
    """Imports of Odoo, of other addons, or against the direction, in engines and parsers."""
    for addon in addons_in(addons):
        for folder, allowed in CORES.items():
            packages = [f"odoo.addons.{addon.name}.{name}" for name in allowed]
            for file in sorted((addon / folder).rglob("*.py")):
                for name in imports_of(file, addons):
                    if is_within(name, "odoo") and not any(is_within(name, package) for package in packages):
                        yield f"{file.relative_to(addons)} imports {name}"


def side_effects_in_engines(addons: Path) -> Iterator[str]:
    """Engines that reach for files, chance or the clock instead of taking values."""
    for addon in addons_in(addons):
        for file in sorted((addon / "engine").rglob("*.py")):
            where = file.relative_to(addons)
            for name in imports_of(file, addons):
                if name.partition(".")[0] in SIDE_EFFECTS and name not in VALUES:
                    yield f"{where} imports {name}"
            for node in ast.walk(ast.parse(file.read_text())):
                if not isinstance(node, ast.Call):
                    continue
                if isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS:
                    yield f"{where}:{node.lineno} asks the clock"
                if isinstance(node.func, ast.Name) and node.func.id in {"open", "print", "input", "__import__"}:
                    yield f"{where}:{node.lineno} calls {node.func.id}"


def cores_in_shells(addons: Path) -> Iterator[str]:
    """Controllers, wizards and reports that pass by the models."""
    for addon in addons_in(addons):
        for folder in SHELLS:
            for file in sorted((addon / folder).rglob("*.py")):
                for name in imports_of(file, addons):
                    parts = name.split(".")
                    if parts[:2] == ["odoo", "addons"] and parts[3:4] and parts[3] in CORES:
                        yield f"{file.relative_to(addons)} imports {name}"


def twins_in_controllers(addons: Path) -> Iterator[str]:
    """Private methods that two controllers of an addon define: Odoo makes one class of all, and one would win."""
    for addon in addons_in(addons):
        defined: dict[str, Path] = {}
        for file in sorted((addon / "controllers").glob("*.py")):
            for node in ast.parse(file.read_text()).body:
                for each in node.body if isinstance(node, ast.ClassDef) else ():
                    # Those that Odoo calls to prepare a page are overridden on purpose, with super().
                    if not isinstance(each, ast.FunctionDef) or not each.name.startswith("_"):
                        continue
                    if not each.name.startswith("_prepare_") and each.name in defined:
                        yield f"{file.relative_to(addons)} defines {each.name} as {defined[each.name].name} does"
                    defined[each.name] = file


def imports_beyond_depends(addons: Path) -> Iterator[str]:
    """Imports of one of our addons by another that doesn't depend on it."""
    ours = {addon.name for addon in addons_in(addons)}
    for addon in addons_in(addons):
        known = {addon.name, *manifest_of(addon).get("depends", [])}
        for file in sorted(addon.rglob("*.py")):
            for name in imports_of(file, addons):
                parts = name.split(".")
                if parts[:2] == ["odoo", "addons"] and parts[2:3] and parts[2] in ours - known:
                    yield f"{file.relative_to(addons)} imports {name}"


def wrong_depends(addons: Path) -> Iterator[str]:
    """Addons that don't depend on the first one, or depend on each other."""
    ours = {addon.name for addon in addons_in(addons)}
    for addon in addons_in(addons):
        expected = set() if addon.name == FOUNDATION else {FOUNDATION}
        found = ours & set(manifest_of(addon).get("depends", []))
        if found != expected:
            yield f"{addon.name} depends on {sorted(found)} of ours instead of {sorted(expected)}"


def wrong_manifests(addons: Path) -> Iterator[str]:
    """Addons with a version of another series or another license."""
    for addon in addons_in(addons):
        manifest = manifest_of(addon)
        if not VERSION.fullmatch(manifest.get("version", "")):
            yield f"{addon.name} has the version {manifest.get('version')}"
        if manifest.get("license") != LICENSE:
            yield f"{addon.name} has the license {manifest.get('license')}"


def unreadable_colours(addons: Path) -> Iterator[str]:
    """Views whose progress bar has colours that are no JSON: the web client shows an error instead."""
    for addon in addons_in(addons):
        for file in sorted((addon / "views").glob("*.xml")):
            for bar in ElementTree.parse(file).iter("progressbar"):  # noqa: S314 - our own file
                try:
                    json.loads(bar.get("colors", "{}"))
                except ValueError:
                    yield f"{file.relative_to(addons)} has the colours {bar.get('colors')}"


def files_of(folder: Path) -> Iterator[Path]:
    """The files of the repository, without what the set-up fetched or a program cached."""
    for path in sorted(folder.iterdir()):
        if path.name in NOT_OURS:
            continue
        if path.is_dir():
            yield from files_of(path)
        else:
            yield path


def registries_named(folder: Path) -> Iterator[str]:
    """Files that name a package registry: each machine has its own settings for that."""
    for file in files_of(folder):
        content = file.read_bytes()
        for word in (*REGISTRY_HOSTS, *REGISTRY_SETTINGS):
            if word.encode() in content:
                yield f"{file.relative_to(folder)} has {word}"


Rule = Callable[[Path], Iterator[str]]
RULES_FOR_ADDONS: tuple[Rule, ...] = (
    twins_in_controllers,
    odoo_in_cores,
    side_effects_in_engines,
    cores_in_shells,
    imports_beyond_depends,
    wrong_depends,
    wrong_manifests,
    unreadable_colours,
)


def test_the_addons_are_those_that_the_set_up_installs() -> None:
    installed = (ROOT / "docker" / "modules.txt").read_text().split()

    assert sorted(installed) == [addon.name for addon in addons_in(ADDONS)]


@pytest.mark.parametrize("rule", RULES_FOR_ADDONS, ids=lambda rule: rule.__name__)
def test_the_addons_keep_the_rule(rule: Rule) -> None:
    assert list(rule(ADDONS)) == []


def test_no_file_names_a_registry() -> None:
    assert list(registries_named(ROOT)) == []


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def make_addon(folder: Path, name: str, files: dict[str, str] | None = None, **manifest: object) -> None:
    depends = ["account"] if name == FOUNDATION else ["account", FOUNDATION]
    content = {"version": "19.0.1.0.0", "license": LICENSE, "depends": depends, **manifest}
    write(folder / name, {"__manifest__.py": repr(content), **(files or {})})


def make_three_addons(folder: Path) -> None:
    for name in (FOUNDATION, "ar_reconcile", "ar_portal"):
        make_addon(folder, name)


@pytest.mark.parametrize("rule", RULES_FOR_ADDONS, ids=lambda rule: rule.__name__)
def test_a_good_sample_keeps_every_rule(tmp_path: Path, rule: Rule) -> None:
    make_three_addons(tmp_path)
    files = {
        "engine/matching.py": "from decimal import Decimal\n\nfrom .payment import Payment\n",
        "engine/payment.py": "from odoo.addons.ar_reconcile.engine import evidence\n",
        "parsers/ofx.py": "import io\n\nfrom ..engine.payment import Payment\nfrom . import registry\n",
        "models/journal.py": "from odoo import models\n\nfrom ..engine import matching\nfrom ..parsers import ofx\n",
        "wizard/accept.py": "from odoo.addons.ar_enhanced.models import res_partner\n",
    }
    make_addon(tmp_path, "ar_reconcile", files)

    assert list(rule(tmp_path)) == []


@pytest.mark.parametrize(
    ("rule", "file", "text"),
    [
        (odoo_in_cores, "engine/a.py", "import odoo"),
        (odoo_in_cores, "engine/a.py", "from odoo import fields"),
        (odoo_in_cores, "engine/a.py", "import odoo.tools.float_utils"),
        (odoo_in_cores, "engine/a.py", "def late():\n    from odoo.tools import SQL"),
        (odoo_in_cores, "engine/a.py", "from ..models import journal"),
        (odoo_in_cores, "engine/a.py", "from .. import models"),
        (odoo_in_cores, "engine/a.py", "from ..parsers import ofx"),
        (odoo_in_cores, "engine/deep/a.py", "from ...parsers.ofx import parse"),
        (odoo_in_cores, "engine/a.py", "from odoo.addons.ar_enhanced.engine.money import Currency"),
        (odoo_in_cores, "parsers/a.py", "from ..models import journal"),
        (odoo_in_cores, "parsers/a.py", "from odoo.addons.ar_enhanced.engine import money"),
        (odoo_in_cores, "parsers/a.py", "from odoo.addons.ar_reconcile.engines import money"),
        (side_effects_in_engines, "engine/a.py", "import random"),
        (side_effects_in_engines, "engine/a.py", "from pathlib import Path"),
        (side_effects_in_engines, "engine/a.py", "from io import BytesIO, open_code"),
        (side_effects_in_engines, "engine/a.py", "from datetime import date\n\nday = date.today()"),
        (side_effects_in_engines, "engine/a.py", "text = open('a').read()"),
        (cores_in_shells, "controllers/a.py", "from ..engine import matching"),
        (cores_in_shells, "wizard/a.py", "from ..engine.matching import match"),
        (cores_in_shells, "report/a.py", "from odoo.addons.ar_enhanced.engine import aging"),
        (cores_in_shells, "controllers/a.py", "from ..parsers import ofx"),
        (imports_beyond_depends, "models/a.py", "from odoo.addons.ar_portal.models import portal"),
        (imports_beyond_depends, "tests/a.py", "import odoo.addons.ar_portal"),
    ],
)
def test_an_import_against_the_direction_is_found(tmp_path: Path, rule: Rule, file: str, text: str) -> None:
    make_three_addons(tmp_path)
    make_addon(tmp_path, "ar_reconcile", {file: f"{text}\n"})

    found = list(rule(tmp_path))

    assert len(found) == 1
    assert f"ar_reconcile/{file}" in found[0]


@pytest.mark.parametrize(
    ("rule", "addon", "manifest"),
    [
        (wrong_depends, "ar_reconcile", {"depends": ["account"]}),
        (wrong_depends, "ar_portal", {"depends": [FOUNDATION, "ar_reconcile"]}),
        (wrong_depends, "ar_reconcile", {"depends": [FOUNDATION, "ar_portal"]}),
        (wrong_depends, FOUNDATION, {"depends": ["account", "ar_portal"]}),
        (wrong_manifests, "ar_portal", {"version": "19.0.1.0"}),
        (wrong_manifests, "ar_portal", {"version": "18.0.1.0.0"}),
        (wrong_manifests, "ar_portal", {"version": "19.0.1.0.0.1"}),
        (wrong_manifests, "ar_portal", {"license": "AGPL-3"}),
    ],
)
def test_a_wrong_manifest_is_found(tmp_path: Path, rule: Rule, addon: str, manifest: dict[str, object]) -> None:
    make_three_addons(tmp_path)
    make_addon(tmp_path, addon, **manifest)

    found = list(rule(tmp_path))

    assert len(found) == 1
    assert found[0].startswith(addon)


@pytest.mark.parametrize("word", [*REGISTRY_HOSTS, *REGISTRY_SETTINGS])
def test_a_registry_in_a_file_is_found(tmp_path: Path, word: str) -> None:
    write(tmp_path, {"docker/locks/some.lock": f"before {word} after\n", ".local/some.lock": word})

    assert list(registries_named(tmp_path)) == [f"docker/locks/some.lock has {word}"]


def test_a_method_that_two_controllers_define_is_found(tmp_path: Path) -> None:
    make_three_addons(tmp_path)
    a_page = "class {name}:\n    def _refused(self):\n        pass\n\n    def _prepare_page(self):\n        pass\n"
    files = {f"controllers/{name.lower()}.py": a_page.format(name=name) for name in ("First", "Second")}
    make_addon(tmp_path, "ar_portal", files)

    found = list(twins_in_controllers(tmp_path))

    assert found == ["ar_portal/controllers/second.py defines _refused as first.py does"]


def test_colours_that_are_no_json_are_found(tmp_path: Path) -> None:
    make_three_addons(tmp_path)
    views = {
        "views/json.xml": """<odoo><progressbar colors='{"paid": "success"}'/></odoo>""",
        "views/python.xml": """<odoo><progressbar colors="{'paid': 'success'}"/></odoo>""",
    }
    make_addon(tmp_path, "ar_portal", views)

    found = list(unreadable_colours(tmp_path))

    assert found == ["ar_portal/views/python.xml has the colours {'paid': 'success'}"]


def test_an_engine_cannot_import_odoo_here() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"odoo\.api"):
        __import__("odoo.api")
