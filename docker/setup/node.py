"""prettier, eslint and the browser driver: npm packages from their lock."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import debian
from workspace import LOCAL, LOCKS, Failure, key_of, run, say

HOME = LOCAL / "node"
HOW_TO = "Install Node.js 18 or newer with npm (Debian: apt-get install nodejs npm) and start again."


def modules() -> Path:
    """Return the folder of the installed packages."""
    return HOME / "node_modules"


def provide() -> None:
    """Have the packages installed exactly as the lock says."""
    stamp = HOME / "lock-key"
    key = key_of(LOCKS / "package-lock.json")
    if stamp.exists() and stamp.read_text() == key:
        return
    if not shutil.which("npm") and os.geteuid() == 0 and debian.is_available():
        say("Node.js: installing Debian's packages …")
        run(["apt-get", "-q", "update"], log="apt-update", advice=HOW_TO)
        run(
            ["apt-get", "-q", "-y", "--no-install-recommends", "install", "nodejs", "npm"],
            env={"DEBIAN_FRONTEND": "noninteractive"},
            log="apt-node",
            advice=HOW_TO,
        )
    if not shutil.which("npm"):
        raise Failure(HOW_TO)
    say("Node packages: installing what the lock pins …")
    shutil.rmtree(HOME, ignore_errors=True)
    HOME.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(LOCKS / name, HOME)
    run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"],
        cwd=HOME,
        log="npm",
        advice="Is the npm registry reachable from this machine?",
    )
    stamp.write_text(key)
