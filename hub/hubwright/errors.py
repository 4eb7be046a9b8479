"""What a user can get wrong: reported in one clear line each, exit code 2, no traceback."""

from collections.abc import Sequence


class UserError(Exception):
    """Something the person at the keyboard can put right.

    Each of `problems` is one line: what is wrong, where (file, key), and what to do about it.
    """

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems: Sequence[str] = problems
