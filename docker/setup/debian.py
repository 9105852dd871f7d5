"""Packages of the Debian archive, unpacked privately: no root, no system change.

The mirror is the machine's own; the archive's signatures are checked with the
Debian keyring that every Debian system has.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from workspace import LOCAL, Failure, run

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
APT = LOCAL / "apt"


def is_available() -> bool:
    """Whether this machine is a Debian whose archive can be used."""
    return bool(shutil.which("apt-get") and shutil.which("dpkg-deb") and KEYRING.exists())


def mirror() -> str:
    """Return the address of the archive that this machine uses."""
    listed = run(["apt-get", "indextargets", "--format", "$(REPO_URI)"]).split()
    for address in listed:
        if "security" not in address:
            return address
    raise Failure("apt names no Debian mirror: see /etc/apt/sources.list.d")


def _apt(home: Path, suite: str, *arguments: str) -> str:
    """Run apt-get on one suite, with a configuration and a state of its own in ``home``."""
    for folder in ("state/lists/partial", "cache/archives/partial", "empty"):
        (home / folder).mkdir(parents=True, exist_ok=True)
    (home / "status").touch()
    address = mirror()
    (home / "sources.list").write_text(f"deb [signed-by={KEYRING}] {address} {suite} main\n")
    options = {
        "Dir::State": home / "state",
        "Dir::State::status": home / "status",
        "Dir::Cache": home / "cache",
        "Dir::Etc::SourceList": home / "sources.list",
        "Dir::Etc::SourceParts": home / "empty",
        "Dir::Etc::Preferences": home / "empty/none",
        "Dir::Etc::PreferencesParts": home / "empty",
        "APT::Sandbox::User": "",
        "APT::Update::Error-Mode": "any",
        "Acquire::Languages": "none",
        "Acquire::Retries": "2",
    }
    flags = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
    target = home / "packages"
    target.mkdir(exist_ok=True)
    return run(
        ["apt-get", "-q", *flags, *arguments],
        cwd=target,
        log=f"apt-{home.name}",
        advice="Is the Debian mirror of this machine reachable?",
    )


def unpack(suite: str, packages: tuple[str, ...], prefix: Path) -> None:
    """Fetch ``packages`` of ``suite`` and unpack them below ``prefix``.

    :raises Failure: when the archive can't be reached or a signature is wrong
    """
    home = APT / f"{suite}-{packages[0]}"  # several may be under way at once
    try:
        _apt(home, suite, "update")
    except Failure as failure:
        # Only an index past its date may be used nevertheless; its signature still counts.
        if "is expired" not in str(failure) and "not valid anymore" not in str(failure):
            raise
        _apt(home, suite, "update", "-o", "Acquire::Check-Valid-Until=false")
    _apt(home, suite, "download", *packages)
    prefix.mkdir(parents=True, exist_ok=True)
    for archive in sorted((home / "packages").glob("*.deb")):
        run(["dpkg-deb", "-x", archive, prefix])
    shutil.rmtree(home)


def own_suite() -> str:
    """Return the name of the Debian release that this machine runs, such as ``bookworm``."""
    facts = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    return facts.get("VERSION_CODENAME", "stable").strip('"')


def missing_libraries(program: Path) -> list[str]:
    """Name the shared libraries that ``program`` wants and the machine lacks."""
    listing = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=False)
    return [line.split()[0] for line in listing.stdout.splitlines() if "not found" in line]
