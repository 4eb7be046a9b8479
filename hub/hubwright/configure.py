"""Turns the settings of a site into JupyterHub's traitlets: one small function for each area.

Each function only sets; none reads the environment or changes anything outside of `c`.
"""

import sys
from importlib.resources import files
from typing import Any

from hubwright.runtime import Runtime
from hubwright.spawner import LabSpawner

COMMAND_LINE = "hubwright"
"""Name under which the command line is known to JupyterHub's API."""

METRICS = "metrics"
"""Name of the service that may read metrics, and nothing else."""

_TOKENS = ("command-line", "metrics")

POLL_SECONDS = 30


def configure(c: Any, runtime: Runtime) -> None:
    """Sets everything."""
    _hub(c, runtime)
    _database(c, runtime)
    _proxy(c, runtime)
    _auth(c, runtime)
    _labs(c, runtime)
    _limits(c, runtime)
    _services(c, runtime)
    _pages(c)


def _hub(c: Any, runtime: Runtime) -> None:
    hub = runtime.settings.hub
    c.JupyterHub.bind_url = f"http://{_host(hub.address)}:{hub.port}{hub.base_url}"
    if hub.public_url:
        c.JupyterHub.public_url = hub.public_url
    c.JupyterHub.hub_bind_url = f"http://{runtime.gateway}:{runtime.settings.network.hub_port}"
    c.JupyterHub.cookie_secret_file = str(runtime.secrets / "cookie-secret")
    # the hub may die, labs may not
    c.JupyterHub.cleanup_servers = False
    c.JupyterHub.cleanup_proxy = False


def _database(c: Any, runtime: Runtime) -> None:
    c.JupyterHub.db_url = f"sqlite:///{runtime.directory}/jupyterhub.sqlite"
    c.JupyterHub.upgrade_db = True  # keeps a copy of the former database beside it


def _proxy(c: Any, runtime: Runtime) -> None:
    proxy = c.ConfigurableHTTPProxy
    proxy.should_start = False  # it is a container of its own
    proxy.api_url = f"http://127.0.0.1:{runtime.settings.network.proxy_api_port}"
    proxy.auth_token = (runtime.secrets / "proxy-token").read_text().strip()
    c.JupyterHub.last_activity_interval = POLL_SECONDS  # also mends an emptied proxy


def _auth(c: Any, runtime: Runtime) -> None:
    settings = runtime.settings
    c.Authenticator.admin_users = set(settings.users.admins)
    if settings.auth.kind == "dummy":
        c.JupyterHub.authenticator_class = "dummy"
        c.Authenticator.allow_all = True
        return
    c.JupyterHub.authenticator_class = "hubwright.accounts.authenticator.AccountsAuthenticator"
    accounts = c.AccountsAuthenticator
    accounts.allowed_failed_logins = settings.auth.failed_logins
    accounts.seconds_before_next_try = settings.auth.wait_seconds
    accounts.minimum_password_length = settings.auth.minimum_password_length
    accounts.link_hours = settings.auth.link_hours


def _labs(c: Any, runtime: Runtime) -> None:
    c.JupyterHub.spawner_class = LabSpawner
    c.LabSpawner.runtime = runtime
    c.LabSpawner.network_name = runtime.network
    c.LabSpawner.client_kwargs = {"base_url": f"unix://{runtime.docker_socket}"}
    c.LabSpawner.default_url = "/lab"
    c.LabSpawner.disable_user_config = True  # a broken home must not break its lab
    c.LabSpawner.poll_interval = POLL_SECONDS
    c.LabSpawner.http_timeout = 60
    c.LabSpawner.consecutive_failure_limit = 0  # one broken image must not end the hub


def _limits(c: Any, runtime: Runtime) -> None:
    limits = runtime.settings.limits
    c.LabSpawner.start_timeout = limits.start_seconds
    c.JupyterHub.active_server_limit = limits.active_labs
    c.JupyterHub.concurrent_spawn_limit = 0  # LabSpawner lets them wait instead of refusing


def _services(c: Any, runtime: Runtime) -> None:
    tokens = {name: (runtime.secrets / f"{name}-token").read_text().strip() for name in _TOKENS}
    c.JupyterHub.services = [
        # whoever reads the token is root on the host
        {"name": COMMAND_LINE, "api_token": tokens["command-line"], "admin": True},
        {"name": METRICS, "api_token": tokens["metrics"]},
    ]
    c.JupyterHub.load_roles = [{"name": METRICS, "services": [METRICS], "scopes": ["read:metrics"]}]
    if idle_hours := runtime.settings.limits.idle_hours:
        timeout = f"--timeout={int(idle_hours * 3600)}"
        c.JupyterHub.services.append(
            {
                "name": "idle-culler",
                "command": [sys.executable, "-m", "jupyterhub_idle_culler", timeout],
            }
        )
        scopes = ["list:users", "read:users:activity", "read:servers", "delete:servers"]
        c.JupyterHub.load_roles.append(
            {"name": "idle-culler", "scopes": scopes, "services": ["idle-culler"]}
        )


def _pages(c: Any) -> None:
    c.JupyterHub.template_paths = [str(files("hubwright") / "templates")]


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address else address
