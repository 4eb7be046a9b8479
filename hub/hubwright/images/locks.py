"""What the locks in images/locks/ pin."""

import re

from hubwright import project
from hubwright.errors import UserError


def locked_version(lock: str, package: str) -> str:
    """The version of `package` in a lock. Raises UserError where it has none."""
    path = project.root() / "images" / "locks" / f"{lock}.txt"
    if path.is_file():
        match = re.search(rf"^{re.escape(package)}==([^\s;]+)", path.read_text(), re.MULTILINE)
        if match:
            return match[1]
    raise UserError(f"{path}: pins no {package}; 'scripts/lock {lock}' makes it anew")
