"""Where the project's other files lie: images/ and tests/, beside hub/."""

from pathlib import Path

from hubwright.errors import UserError


def root() -> Path:
    """The checkout that this package is installed from.

    Raises UserError where it is installed without one.
    """
    found = Path(__file__).resolve().parents[2]
    if not (found / "images" / "labs.toml").is_file():
        raise UserError(
            f"{found}: no checkout of hubwright; install it with 'make up' or "
            "'pip install -e .' in one"
        )
    return found
