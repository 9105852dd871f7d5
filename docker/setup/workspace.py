"""Where the set-up keeps its files, how it speaks and how it runs commands.

Everything that is fetched or made lives in one git-ignored folder of the
clone, ``.local``: removing it undoes all that the set-up has done, except for
the database files of a clone that root made below a closed home directory
(see :mod:`postgres`).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / ".local"
DOCKER = ROOT / "docker"
LOCKS = DOCKER / "locks"
ADDONS = ROOT / "addons"
#: The addons in the order of their dependencies; the container installs the same list.
OWN_ADDONS = tuple((DOCKER / "modules.txt").read_text().split())

#: Room that a complete set-up with its databases needs, in bytes.
ROOM_NEEDED = 4 * 1024**3
STARTED = time.monotonic()
_SPEAKING = threading.Lock()


class Failure(Exception):
    """Something that the person at the keyboard has to read and act upon."""


def say(text: str) -> None:
    """Print one line of progress with the seconds since the start."""
    with _SPEAKING:
        print(f"[{time.monotonic() - STARTED:6.1f} s] {text}", flush=True)


def key_of(*parts: object, length: int = 12) -> str:
    """Name the content of ``parts``; the path of a file stands for the file's bytes."""
    digest = hashlib.sha256()
    for part in parts:
        content = part.read_bytes() if isinstance(part, Path) and part.is_file() else str(part).encode()
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()[:length]


def files_below(folder: Path, *, ignored: Sequence[str] = ()) -> list[Path]:
    """List the files of ``folder`` in a stable order, without caches."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file()
        and "__pycache__" not in path.parts
        and not any(part in ignored for part in path.relative_to(folder).parts)
    )


def check_room() -> None:
    """Refuse to begin on a disk that can't hold the result."""
    LOCAL.mkdir(exist_ok=True)
    free = shutil.disk_usage(LOCAL).free
    if free < ROOM_NEEDED and not (LOCAL / "odoo.conf").exists():
        raise Failure(
            f"{LOCAL} has {free / 1024**3:.1f} GiB left; the set-up needs "
            f"{ROOM_NEEDED / 1024**3:.0f} GiB. Nothing was fetched."
        )


def run(
    command: Sequence[str | Path],
    *,
    log: str | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: int | None = subprocess.DEVNULL,
    advice: str = "",
) -> str:
    """Run ``command`` quietly and return what it printed.

    Its output goes to ``.local/log/<log>.log`` when ``log`` names one.

    :raises Failure: when it ends badly, with the end of its output and ``advice``
    """
    completed = subprocess.run(
        [str(part) for part in command],
        env={**os.environ, **(env or {})},
        cwd=cwd,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if log:
        (LOCAL / "log").mkdir(parents=True, exist_ok=True)
        (LOCAL / "log" / f"{log}.log").write_text(completed.stdout)
    if completed.returncode:
        tail = "\n".join(f"    {line}" for line in completed.stdout.splitlines()[-15:])
        raise Failure(
            f"{Path(str(command[0])).name} ended with {completed.returncode}:\n{tail}"
            + (f"\n{advice}" if advice else "")
        )
    return completed.stdout


def in_parallel(*tasks) -> None:
    """Run the callables side by side; the first failure is raised when all ended."""
    failures: list[BaseException] = []

    def guarded(task):
        try:
            task()
        except BaseException as error:  # noqa: BLE001 - handed to the caller below
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(task,), daemon=True) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def python_version_check() -> None:
    """Accept the Python versions that the lock was made for."""
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        raise Failure(
            f"Python {sys.version.split()[0]} runs this; the locked packages are for 3.11 to 3.13. "
            "Name another one: make PYTHON=python3.12 …"
        )
