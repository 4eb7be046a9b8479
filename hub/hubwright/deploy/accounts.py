"""The accounts that a site has from the start: those whom its site file names."""

from pathlib import Path

from hubwright.deploy import state
from hubwright.hub_api import HubApi
from hubwright.settings import Settings


def ensure_accounts(api: HubApi, settings: Settings, given: Path | None = None) -> str | None:
    """Accounts for everyone whom the site file names; the first password, if it is new.

    given: a directory that may hold the first administrator's password.
    """
    existing = {account["name"] for account in api.accounts() if account["account"]}
    first, *others = settings.users.admins
    shown = None
    if first not in existing:
        shown = state.new_admin_password(settings, given)
        api.add(first, admin=True, password=shown)
    for name in [*others, *settings.users.names]:
        if name not in existing:
            api.add(name, admin=name in others)
    return shown
