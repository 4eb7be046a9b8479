"""What image builds take from the machine: proxies, mirrors and certificate authorities."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

CERTIFICATE_DIRECTORIES = (
    Path("/usr/local/share/ca-certificates"),  # Debian, Ubuntu
    Path("/etc/pki/ca-trust/source/anchors"),  # Fedora, Red Hat
)
"""Where a machine keeps the authorities that its owner added."""

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
_MIRRORS = ("PIP_INDEX_URL", "NPM_CONFIG_REGISTRY")


@dataclass(frozen=True)
class BuildEnvironment:
    """The machine's ways to the outside. Locks pin by hash what comes in over them."""

    proxies: Mapping[str, str] = field(default_factory=dict)
    """HTTP_PROXY, HTTPS_PROXY and NO_PROXY, as far as they are set."""
    mirrors: Mapping[str, str] = field(default_factory=dict)
    """PIP_INDEX_URL and NPM_CONFIG_REGISTRY, as far as they are set."""
    certificates: Sequence[bytes] = ()
    """The machine's own authorities (PEM); labs trust them, too."""

    @classmethod
    def from_mapping(
        cls,
        variables: Mapping[str, str],
        certificate_directories: Sequence[Path] = CERTIFICATE_DIRECTORIES,
    ) -> "BuildEnvironment":
        """From a process's environment variables, and the authorities below the directories."""
        proxies = {name: variables.get(name) or variables.get(name.lower()) for name in _PROXIES}
        mirrors = {name: variables.get(name) or variables.get(name.lower()) for name in _MIRRORS}
        return cls(
            proxies={name: value for name, value in proxies.items() if value},
            mirrors={name: value for name, value in mirrors.items() if value},
            certificates=_certificates(certificate_directories),
        )

    @property
    def arguments(self) -> dict[str, str]:
        """Build arguments. Docker keeps those for proxies out of an image's history by itself."""
        lower = {name.lower(): value for name, value in self.proxies.items()}
        return {**self.proxies, **lower, **self.mirrors}


def _certificates(directories: Sequence[Path]) -> tuple[bytes, ...]:
    found = {
        path.read_bytes()
        for directory in directories
        for path in directory.glob("**/*")
        if path.suffix in {".crt", ".pem"} and path.is_file()
    }
    return tuple(sorted(data for data in found if b"BEGIN CERTIFICATE" in data))
