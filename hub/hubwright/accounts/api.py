"""The REST API of accounts, for the command line and the page of administrators.

An account is removed with JupyterHub's own `DELETE /hub/api/users/<name>`.
"""

import json
import time
from datetime import UTC, datetime
from typing import Any, TypeVar

from jupyterhub import orm
from jupyterhub.apihandlers.base import APIHandler
from jupyterhub.apihandlers.users import UserAPIHandler
from jupyterhub.roles import assign_default_roles
from jupyterhub.scopes import needs_scope
from jupyterhub.utils import isoformat, url_escape_path, url_path_join
from nativeauthenticator.orm import UserInfo
from pydantic import BaseModel, ConfigDict, ValidationError
from tornado.web import HTTPError

from hubwright import names
from hubwright.accounts import links, passwords
from hubwright.accounts.sessions import cut_off


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


Body = TypeVar("Body", bound=_Body)


class NewAccount(_Body):
    """What a new account is made from."""

    admin: bool = False
    password: str | None = None


class AdminRights(_Body):
    """Whether a user is to be an administrator."""

    admin: bool


class AccountAPIHandler(APIHandler):
    """What the requests about accounts have in common."""

    def read(self, model: type[Body]) -> Body:
        """The request's body. Raises HTTPError 400."""
        try:
            return model.model_validate(self.get_json_body() or {})
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise HTTPError(400, f"{where}: {first['msg']}") from None

    def normal(self, name: str) -> str:
        """`name` as accounts have it. Raises HTTPError 400."""
        try:
            return names.normalize(name)
        except ValueError as problem:
            raise HTTPError(400, str(problem)) from None

    def existing(self, name: str) -> Any:
        """JupyterHub's user `name`. Raises HTTPError 404; 403 where only administrators may."""
        user = self.find_user(self.normal(name))
        if user is None:
            raise HTTPError(404, f"There is no user {name}.")
        self.protect(user)
        return user

    def protect(self, user: Any) -> None:
        """Whoever may administer users is not yet above administrators. Raises HTTPError 403."""
        if user.admin and not self.current_user.admin:
            raise HTTPError(403, "Only administrators may change administrators.")

    def make_admin(self, user: Any, admin: bool) -> None:
        """Give or take rights. Raises HTTPError 403."""
        if admin and not self.current_user.admin:
            raise HTTPError(403, "Only administrators may make administrators.")
        user.admin = admin
        assign_default_roles(self.db, entity=user.orm_user)
        self.db.commit()

    def answer(self, name: str, link: bool) -> None:
        """Answer with the name and, if wanted, a link with which its password is chosen."""
        result: dict[str, str | None] = {"name": name, "link": None, "expires": None}
        if link:
            expires = int(time.time()) + self.authenticator.link_hours * 3600
            secret = self.settings["cookie_secret"]
            token = links.make(secret, name, self.authenticator.password_hash(name), expires)
            result["link"] = url_path_join(
                self.hub.base_url, "choose-password", url_escape_path(name), token
            )
            result["expires"] = datetime.fromtimestamp(expires, UTC).isoformat()
        self.write(json.dumps(result))


class AccountsAPIHandler(AccountAPIHandler):
    """GET /accounts"""

    @needs_scope("admin:users")
    def get(self) -> None:
        self.write(json.dumps(list_accounts(self)))


class NewAccountAPIHandler(AccountAPIHandler):
    """POST /accounts/<name>"""

    @needs_scope("admin:users")
    async def post(self, user_name: str) -> None:
        name = self.normal(user_name)
        body = self.read(NewAccount)
        hashed = passwords.unusable()
        if body.password is not None:
            if problem := self.authenticator.password_problem(name, body.password):
                raise HTTPError(400, problem)
            hashed = await passwords.hash_of(body.password)
        if self.authenticator.user_exists(name):
            raise HTTPError(409, f"The account {name} exists.")
        if user := self.find_user(name):
            self.protect(user)
        else:
            if body.admin and not self.current_user.admin:
                raise HTTPError(403, "Only administrators may make administrators.")
            user = self.user_from_username(name)
            self.authenticator.add_user(user)
        if body.admin:
            self.make_admin(user, True)
        self.authenticator.set_password_hash(name, hashed)
        self.set_status(201)
        self.answer(name, link=body.password is None)


class LinkAPIHandler(AccountAPIHandler):
    """POST /accounts/<name>/link"""

    @needs_scope("admin:users")
    def post(self, user_name: str) -> None:
        user = self.existing(user_name)
        cut_off(user)
        self.authenticator.set_password_hash(user.name, passwords.unusable())
        self.answer(user.name, link=True)


class AdminAPIHandler(AccountAPIHandler):
    """PUT /accounts/<name>/admin"""

    @needs_scope("admin:users")
    def put(self, user_name: str) -> None:
        user = self.existing(user_name)
        admin = self.read(AdminRights).admin
        if not admin and user.name in self.authenticator.admin_users:
            raise HTTPError(400, f"The site's settings make {user.name} an administrator.")
        if not admin and self.authenticator.is_last_admin(user):
            raise HTTPError(400, f"{user.name} is the last administrator.")
        self.make_admin(user, admin)
        self.write(json.dumps({"name": user.name, "admin": admin}))


class UserHandler(UserAPIHandler):
    """JupyterHub's own, except that nobody is renamed: account and home bear the name."""

    @needs_scope("admin:users")
    async def patch(self, user_name: str) -> None:
        if (self.get_json_body() or {}).get("name", user_name) != user_name:
            raise HTTPError(400, "Users can't be renamed; add a new one and copy the home.")
        await super().patch(user_name)


def list_accounts(handler: Any) -> list[dict[str, Any]]:
    """Every user of JupyterHub, in the order of names, as the API shows them."""
    hashes = {account.username: account.password for account in UserInfo.all_users(handler.db)}
    return [
        {
            "name": user.name,
            "admin": bool(user.admin),
            "last_activity": isoformat(user.last_activity),
            "account": user.name in hashes,
            "has_password": user.name in hashes and passwords.is_usable(hashes[user.name]),
            "server": user.id in handler.users and handler.users[user.id].active,
        }
        for user in handler.db.query(orm.User).order_by(orm.User.name)
    ]


HANDLERS = [
    (r"/api/users/([^/]+)", UserHandler),
    (r"/api/accounts", AccountsAPIHandler),
    (r"/api/accounts/([^/]+)", NewAccountAPIHandler),
    (r"/api/accounts/([^/]+)/link", LinkAPIHandler),
    (r"/api/accounts/([^/]+)/admin", AdminAPIHandler),
]
