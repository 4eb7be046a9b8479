"""Ending what a user's browsers and tokens may do."""

from typing import Any

from jupyterhub import orm


def end_sessions(user: Any, but: str | None = None) -> None:
    """Log `user` (JupyterHub's) out in every browser; those of the session `but` reach labs still.

    The browser of that session needs a new login cookie. The caller commits.
    """
    _end(user, [t for t in user.api_tokens if t.session_id and t.session_id != but])


def cut_off(user: Any) -> None:
    """End all sessions and tokens of `user`, except what running labs themselves hold."""
    held = [orm.APIToken.find(user.db, s.api_token) for s in user.spawners.values() if s.api_token]
    _end(user, [t for t in user.api_tokens if t not in held])


def _end(user: Any, tokens: list[Any]) -> None:
    user.orm_user.cookie_id = orm.new_token()
    for row in [*tokens, *user.oauth_codes]:
        user.db.delete(row)
