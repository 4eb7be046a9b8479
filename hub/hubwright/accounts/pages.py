"""The pages of accounts: choose a password with a link, change it, administer accounts."""

import time
from typing import Any

from jupyterhub.handlers.base import BaseHandler
from jupyterhub.scopes import needs_scope
from tornado.web import HTTPError, authenticated

from hubwright.accounts import links, passwords
from hubwright.accounts.api import list_accounts
from hubwright.accounts.sessions import end_sessions

_DEAD = {
    links.Verdict.EXPIRED: (410, "This link is too old."),
    links.Verdict.DEAD: (
        403,
        "This link does not work: it was used already, replaced by a newer one, or is incomplete.",
    ),
}


class PasswordHandler(BaseHandler):
    """A page with a password in it: nothing keeps it, and no other site learns its address."""

    def set_default_headers(self) -> None:
        super().set_default_headers()
        self.set_header("Cache-Control", "no-store")
        self.set_header("Referrer-Policy", "no-referrer")

    def new_password(self) -> str:
        return str(self.get_body_argument("new_password", "", strip=False))

    def new_problem(self, name: str) -> str | None:
        """What is wrong with the two new passwords in the form; None if nothing."""
        password = self.new_password()
        if password != self.get_body_argument("new_password_again", "", strip=False):
            return "The two passwords differ; type the same one twice."
        problem: str | None = self.authenticator.password_problem(name, password)
        return problem

    async def show(self, template: str, status: int = 200, **values: Any) -> None:
        self.set_status(status)
        values |= {"minimum": self.authenticator.minimum_password_length}
        self.finish(await self.render_template(template, **values))


class ChoosePasswordHandler(PasswordHandler):
    """/choose-password/<name>/<token>"""

    def verdict(self, name: str, token: str) -> links.Verdict:
        hashed = self.authenticator.password_hash(name)
        return links.check(self.settings["cookie_secret"], name, hashed, token, time.time())

    async def get(self, name: str, token: str) -> None:
        await self.answer(name, self.verdict(name, token))

    async def post(self, name: str, token: str) -> None:
        verdict = self.verdict(name, token)
        problem = self.new_problem(name)
        done = False
        if verdict is links.Verdict.GOOD and problem is None:
            hashed = await passwords.hash_of(self.new_password())
            verdict = self.verdict(name, token)  # it may have been used in the meantime
            if done := verdict is links.Verdict.GOOD:
                self.authenticator.set_password_hash(name, hashed)
        await self.answer(name, verdict, problem=problem, done=done)

    async def answer(
        self, name: str, verdict: links.Verdict, problem: str | None = None, done: bool = False
    ) -> None:
        status, dead = _DEAD.get(verdict, (400 if problem else 200, None))
        await self.show(
            "password_choose.html", status, user_name=name, dead=dead, problem=problem, done=done
        )


class ChangePasswordHandler(PasswordHandler):
    """/change-password"""

    @authenticated
    async def get(self) -> None:
        await self.show("password_change.html", done=self.get_query_argument("done", None))

    @authenticated
    async def post(self) -> None:
        user = self.current_user
        if problem := self.new_problem(user.name):
            await self.show("password_change.html", 400, problem=problem)
            return
        old = self.get_body_argument("old_password", "", strip=False)
        try:
            if not await self.authenticator.is_password_of(user.name, old):
                raise HTTPError(403, "The old password is wrong.")
        except HTTPError as error:
            problem = error.get_message()
            await self.show("password_change.html", error.status_code, problem=problem)
            return
        hashed = await passwords.hash_of(self.new_password())
        end_sessions(user, but=self.get_session_cookie())
        self.authenticator.set_password_hash(user.name, hashed)
        self.set_login_cookie(user)
        self.redirect(self.request.path + "?done=1", status=303)


class AccountsHandler(BaseHandler):
    """/accounts, for administrators"""

    @authenticated
    @needs_scope("admin:users")
    async def get(self) -> None:
        self.finish(
            await self.render_template(
                "accounts.html",
                accounts=list_accounts(self),
                fixed=self.authenticator.admin_users,
            )
        )


HANDLERS = [
    (r"/choose-password/([^/]+)/([^/]+)", ChoosePasswordHandler),
    (r"/change-password", ChangePasswordHandler),
    (r"/accounts", AccountsHandler),
]
