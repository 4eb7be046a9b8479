"""Build contexts: the files that an image is made from, as one archive without chance in it."""

import hashlib
import io
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

EXECUTABLE = 0o755
PLAIN = 0o644


@dataclass(frozen=True)
class File:
    """A file of a build context; nothing of its owner or date counts."""

    data: bytes
    mode: int = PLAIN

    @classmethod
    def read(cls, path: Path) -> "File":
        executable = path.stat().st_mode & 0o100
        return cls(path.read_bytes(), EXECUTABLE if executable else PLAIN)


Files = Mapping[str, File]
"""By path inside the context."""


def tree(directory: Path, prefix: str = "", leave_out: frozenset[str] = frozenset()) -> Files:
    """The files below `directory`, without compiled ones and those at the top in `leave_out`."""
    return {
        f"{prefix}{path.relative_to(directory).as_posix()}": File.read(path)
        for path in sorted(directory.glob("**/*"))
        if path.is_file()
        and "__pycache__" not in path.parts
        and path.relative_to(directory).parts[0] not in leave_out
    }


def archive(files: Files) -> bytes:
    """The tar archive: equal files give equal bytes."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name in sorted({parent for path in files for parent in _parents(path)}):
            entry = tarfile.TarInfo(name)
            entry.type = tarfile.DIRTYPE
            entry.mode = EXECUTABLE
            tar.addfile(entry)
        for name, file in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            entry.size = len(file.data)
            entry.mode = file.mode
            tar.addfile(entry, io.BytesIO(file.data))
    return buffer.getvalue()


def fingerprint(files: Files, *more: str) -> str:
    """Twelve hex digits that change when a name, a mode, a byte or one of `more` does."""
    digest = hashlib.sha256()
    for part in (*more, *_described(files)):
        digest.update(f"{len(part)}:{part}".encode())
    return digest.hexdigest()[:12]


def _described(files: Files) -> Iterator[str]:
    for name, file in sorted(files.items()):
        yield f"{name} {file.mode:o} {hashlib.sha256(file.data).hexdigest()}"


def _parents(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: end + 1]) for end in range(len(parts))]
