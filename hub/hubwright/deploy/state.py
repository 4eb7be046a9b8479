"""The state directory: who owns what in it, and the secrets, made once and kept."""

import errno
import os
import secrets
import tempfile
from pathlib import Path

from hubwright.errors import UserError
from hubwright.runtime import config_directory, hub_directory, secrets_directory
from hubwright.settings import Settings

HUB_ID = 60800
"""User and group id of the hub: in the range that systemd's UIDS-GIDS lists as unused."""

PROXY_ID = 60801
"""User and group id of the proxy: it sees none of the hub's files but its own token."""

ADMIN_PASSWORD = "admin-password"
"""File with the first administrator's password; 0600, root's."""


SECRETS = {
    "cookie-secret": (HUB_ID, 0o600),
    "proxy-token": (PROXY_ID, 0o640),
    "command-line-token": (HUB_ID, 0o600),
    "metrics-token": (HUB_ID, 0o600),
}
"""Group and mode of each secret; the hub owns them all."""


def ensure(settings: Settings, given: Path | None = None) -> None:
    """Makes directories and secrets that are missing, and puts owners and modes right.

    given: a directory with secrets of the site's own, by their names; they replace what was made.
    Raises UserError where the disk does not let us.
    """
    state = Path(settings.hub.state_directory)
    try:
        _make_once(state, 0o711)
        _directory(hub_directory(settings), HUB_ID, HUB_ID, 0o700)
        _directory(secrets_directory(settings), HUB_ID, PROXY_ID, 0o710)
        _directory(config_directory(settings), 0, 0, 0o755)
        _make_once(Path(settings.homes), 0o711)
        _make_once(Path(settings.shared), 0o755)
        folder = secrets_directory(settings)
        for name, (group, mode) in SECRETS.items():
            own = given / name if given and (given / name).exists() else None
            _secret(folder / name, group, mode, own)
        if os.statvfs(settings.homes).f_flag & os.ST_RDONLY:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), settings.homes)
        if not Path(settings.homes).stat().st_mode & 0o001:
            raise UserError(
                f"storage.homes: {settings.homes}: the hub can't look there; "
                f"let it pass: chmod o+x {settings.homes}"
            )
    except OSError as error:
        keys = {settings.homes: "storage.homes", settings.shared: "storage.shared"}
        key = keys.get(str(error.filename), "hub.state_directory")
        raise UserError(
            f"{key}: {error.filename or state}: {error.strerror}; "
            "choose a directory on a disk that can be written"
        ) from None


def new_admin_password(settings: Settings, given: Path | None = None) -> str:
    """A password for the first administrator, kept in a file for root alone.

    given: a directory that may hold one of the site's own, which is kept nowhere else.
    """
    if given and (given / ADMIN_PASSWORD).exists():
        return (given / ADMIN_PASSWORD).read_text().strip()
    length = settings.auth.minimum_password_length
    password = "-".join(secrets.token_hex(3) for _ in range(max(4, length // 7 + 1)))
    path = Path(settings.hub.state_directory) / ADMIN_PASSWORD
    write(path, password + "\n", 0, 0, 0o600)
    return password


def write(path: Path, text: str, uid: int, gid: int, mode: int) -> None:
    """Writes a file at once: whoever looks sees the old one or the new one, never a part."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chown(name, uid, gid)
        Path(name).chmod(mode)
        Path(name).rename(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _make_once(path: Path, mode: int) -> None:
    """A directory of the site's: who owns one that is there already is the site's affair."""
    if not path.is_dir():
        _directory(path, 0, 0, mode)


def _directory(path: Path, uid: int, gid: int, mode: int) -> None:
    path.mkdir(parents=True, exist_ok=True)
    os.chown(path, uid, gid)
    path.chmod(mode)


def _secret(path: Path, group: int, mode: int, given: Path | None) -> None:
    text = given.read_text() if given else None
    if text is not None and not text.strip():
        raise UserError(f"{given}: the secret '{path.name}' is empty; write one into its file")
    if path.exists() and text in {None, path.read_text()}:
        os.chown(path, HUB_ID, group)
        path.chmod(mode)
    else:
        write(path, text or secrets.token_hex(32) + "\n", HUB_ID, group, mode)
