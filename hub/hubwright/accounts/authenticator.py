"""The authenticator: NativeAuthenticator's table of accounts, with pages of our own.

Of NativeAuthenticator 1.3.0 we keep the table, its removal and the list of common passwords. Its
login page fails on JupyterHub 6, so JupyterHub's own serves; nobody signs up.
"""

from typing import Any

from jupyterhub import orm
from nativeauthenticator import NativeAuthenticator
from nativeauthenticator.orm import UserInfo
from tornado.web import HTTPError
from traitlets import Bool, Instance, Integer, default

from hubwright import names
from hubwright.accounts import api, pages, passwords
from hubwright.accounts.attempts import Attempts


class AccountsAuthenticator(NativeAuthenticator):
    """Whoever has an account and knows its password may log in."""

    allow_all = Bool(True, config=True, help="Everyone with an account may log in.")
    check_common_password = Bool(True, config=True, help="Refuse the 10,000 commonest passwords.")
    minimum_password_length = Integer(10, min=8, config=True, help="In characters.")
    allowed_failed_logins = Integer(
        5, min=1, config=True, help="Wrong passwords in a row after which an account has to wait."
    )
    seconds_before_next_try = Integer(30, min=1, config=True, help="How long it waits.")
    link_hours = Integer(
        72, min=1, config=True, help="Hours for which a link to choose a password works."
    )

    attempts = Instance(Attempts)

    @default("attempts")
    def _attempts(self) -> Attempts:
        return Attempts(self.allowed_failed_logins, self.seconds_before_next_try)

    def normalize_username(self, username: str) -> str:
        """The name as accounts have it; unchanged if no account can (see validate_username)."""
        try:
            return names.normalize(username)
        except ValueError:
            return username

    def validate_username(self, username: str) -> bool:
        """Whether `username` is normalized and may be an account's."""
        try:
            return names.normalize(username) == username
        except ValueError:
            return False

    async def authenticate(self, handler: Any, data: Any) -> str | None:
        """The name of the account, if name and password fit.

        Raises HTTPError 429 if the name has to wait, 400 if the form is incomplete.
        """
        given = data if isinstance(data, dict) else {}
        name, password = given.get("username"), given.get("password")
        if not isinstance(name, str) or not isinstance(password, str):
            raise HTTPError(400, "Enter a user name and a password.")
        name = self.normalize_username(name)
        if not self.validate_username(name):
            return None
        return name if await self.is_password_of(name, password) else None

    async def is_password_of(self, name: str, password: str) -> bool:
        """Whether the account `name` exists and has this password. Counts as an attempt.

        Raises HTTPError 429 if the name has to wait.
        """
        if seconds := self.attempts.begin(name):
            raise HTTPError(429, f"Too many wrong passwords; try again in {seconds} s.")
        hashed = self.password_hash(name)
        right = await passwords.matches(password, hashed)
        if not right or self.password_hash(name) != hashed:  # changed in the meantime
            return False
        self.attempts.forget(name)
        return True

    def password_hash(self, name: str) -> bytes:
        """The account's password hash; one that no password has if there is no such account."""
        account = self.get_user(name)
        return account.password if account else passwords.unusable()

    def set_password_hash(self, name: str, hashed: bytes) -> None:
        """Give `name` this password hash, and an account if it has none. Commits."""
        account = self.get_user(name)
        if account is None:
            account = UserInfo(username=name, is_authorized=True)
            self.db.add(account)
        account.password = hashed
        self.db.commit()
        self.attempts.forget(name)

    def password_problem(self, name: str, password: str) -> str | None:
        """Which rule `password` breaks for the user `name`; None if none."""
        if problem := passwords.problem(password, name, self.minimum_password_length):
            return problem
        if self.check_common_password and self.is_password_common(password.lower()):
            return "The password is one of the commonest; choose one that nobody guesses."
        return None

    def is_last_admin(self, user: Any) -> bool:
        """Whether nobody but `user` is an administrator."""
        admins = self.db.query(orm.User.name).filter(orm.User.admin.is_(True))
        return [name for (name,) in admins] == [user.name]

    def delete_user(self, user: Any) -> None:
        """Drop the account of `user`, whom JupyterHub is removing.

        Raises HTTPError 400 for the last administrator, and while the user's lab is starting:
        JupyterHub could not remove it.
        """
        if any(spawner.pending for spawner in user.spawners.values()):
            raise HTTPError(400, f"The lab of {user.name} is just starting or stopping; try again.")
        if self.is_last_admin(user):
            raise HTTPError(400, f"{user.name} is the last administrator.")
        self.attempts.forget(user.name)
        super().delete_user(user)

    def get_handlers(self, app: Any) -> list[tuple[str, type]]:
        """Our pages and our part of the REST API; /login is JupyterHub's.

        Templates are told that the pages exist, so that they link to them.
        """
        app.template_vars["accounts_pages"] = True
        return [*pages.HANDLERS, *api.HANDLERS]
