"""Python packages: one virtual environment from a lock with hashes, by uv."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import debian
from workspace import LOCAL, LOCKS, Failure, key_of, run, say

UV_VERSION = "0.13.9"
TOOLS = LOCAL / "tools"


def venv(name: str = "python") -> Path:
    """Return the folder of a virtual environment: ``python`` or ``lint``."""
    return LOCAL / f"venv-{name}"


def python(name: str = "python") -> Path:
    """Return the interpreter of a virtual environment."""
    return venv(name) / "bin" / "python"


def site_packages(name: str = "python") -> Path:
    """Return the folder that an environment's packages are in."""
    return venv(name) / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"


def _pip() -> list[str]:
    """Return a pip to start with, even where Debian ships Python without one."""
    try:
        run([sys.executable, "-m", "pip", "--version"])
    except Failure:
        if not debian.is_available():
            raise Failure(f"{sys.executable} has no pip; install it and start again.") from None
        say("Python packages: this Python has no pip, fetching Debian's …")
        debian.unpack("trixie", ("python3-pip-whl",), LOCAL / "pip")
        wheel = next((LOCAL / "pip/usr/share/python-wheels").glob("pip-*.whl"))
        return [sys.executable, str(wheel / "pip")]
    return [sys.executable, "-m", "pip"]


def uv() -> Path:
    """Return uv, installed from PyPI into the clone when it isn't there yet."""
    program = TOOLS / UV_VERSION / "bin" / "uv"
    if not program.exists():
        run(
            [*_pip(), "install", "--quiet", "--target", TOOLS / UV_VERSION, f"uv=={UV_VERSION}"],
            log="pip",
            advice="Is the Python package registry reachable from this machine?",
        )
    return program


def _uv_environment() -> dict[str, str]:
    environment = {"UV_PYTHON_DOWNLOADS": "never", "UV_CACHE_DIR": str(LOCAL / "uv-cache"), "UV_NO_CONFIG": "1"}
    if "PIP_CERT" in os.environ:
        environment["SSL_CERT_FILE"] = os.environ["PIP_CERT"]
    return environment


def provide(name: str = "python") -> None:
    """Have the environment ``name`` installed exactly as its lock says."""
    lock = LOCKS / f"{name}.lock"
    stamp = venv(name) / "lock-key"
    key = key_of(lock, sys.version)
    if stamp.exists() and stamp.read_text() == key:
        return
    say(f"Python packages ({name}): installing what {lock.name} pins …")
    shutil.rmtree(venv(name), ignore_errors=True)
    run([uv(), "venv", "--quiet", "--python", sys.executable, venv(name)], env=_uv_environment())
    run(
        [uv(), "pip", "install", "--quiet", "--no-compile", "--require-hashes", "--python", python(name), "-r", lock],
        env=_uv_environment(),
        log=f"uv-{name}",
        advice="Is the Python package registry reachable from this machine?",
    )
    shutil.rmtree(LOCAL / "uv-cache", ignore_errors=True)
    stamp.write_text(key)
    say(f"Python packages ({name}): ready")


def compile_locks() -> None:
    """Write the locks anew from the lists of what we name ourselves."""
    for name in ("python", "lint"):
        run(
            [
                *(uv(), "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-header"),
                *("--python-version", "3.11", f"{name}.in", "-o", f"{name}.lock"),
            ],
            cwd=LOCKS,
            env=_uv_environment(),
        )
        say(f"{name}.lock: written")
