"""A JupyterHub with our accounts and its proxy on loopback, and a browser to visit it."""

import os
import shutil
import socket
import subprocess
import sys
import time
from importlib.resources import files
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

REPOSITORY = Path(__file__).parents[2]
ARTIFACTS = REPOSITORY / ".artifacts"
TOKEN = "token-of-the-command-line"
DEADLINE = 60

CONFIG = """
from jupyterhub.spawner import Spawner

class NoLab(Spawner):
    async def start(self):
        raise RuntimeError("there are no labs here")
    async def stop(self, now=False):
        pass
    async def poll(self):
        return 0

c.JupyterHub.bind_url = "http://127.0.0.1:{port}/base/"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{hub_port}"
c.JupyterHub.spawner_class = NoLab
c.JupyterHub.redirect_to_server = False
c.JupyterHub.db_url = "sqlite:///{directory}/jupyterhub.sqlite"
c.JupyterHub.cookie_secret_file = "{directory}/cookie-secret"
c.JupyterHub.template_paths = ["{templates}"]
c.JupyterHub.services = [{{"name": "command-line", "api_token": "{token}", "admin": True}}]
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api_port}"
c.ConfigurableHTTPProxy.command = {proxy}
c.ConfigurableHTTPProxy.pid_file = "{directory}/proxy.pid"
c.JupyterHub.authenticator_class = "hubwright.accounts.authenticator.AccountsAuthenticator"
c.Authenticator.admin_users = {{"root"}}
c.AccountsAuthenticator.allowed_failed_logins = 3
c.AccountsAuthenticator.seconds_before_next_try = {wait}
"""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def proxy_command() -> list[str]:
    """configurable-http-proxy, fetched once into the artifacts with the versions of its image."""
    directory = ARTIFACTS / "configurable-http-proxy"
    script = directory / "node_modules/configurable-http-proxy/bin/configurable-http-proxy"
    if not script.exists():
        directory.mkdir(parents=True, exist_ok=True)
        locked = REPOSITORY / "images/proxy"
        if (locked / "package-lock.json").exists():
            for name in ("package.json", "package-lock.json"):
                shutil.copy(locked / name, directory)
            command = ["npm", "ci"]
        else:
            command = ["npm", "install", "configurable-http-proxy@5.3.0"]
        subprocess.run(command, cwd=directory, check=True, timeout=300)
    return ["node", str(script)]


class Hub:
    """The hub as a process; its proxy is its child."""

    wait_seconds = 5

    def __init__(self, directory: Path) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/base/hub"
        self.log = directory / "log"
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None
        config = CONFIG.format(
            directory=directory,
            port=port,
            hub_port=free_port(),
            api_port=free_port(),
            proxy=proxy_command(),
            templates=files("hubwright") / "templates",
            token=TOKEN,
            wait=self.wait_seconds,
        )
        (directory / "jupyterhub_config.py").write_text(config)

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "jupyterhub"],
                cwd=self._directory,
                env=os.environ | {"PYTHONPATH": str(REPOSITORY / "hub")},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + DEADLINE
        while not self._answers():
            assert self._process.poll() is None, f"the hub ended:\n{self.log.read_text()}"
            assert time.monotonic() < deadline, f"the hub is not up:\n{self.log.read_text()}"
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health").status_code == 200
        except httpx.HTTPError:
            return False

    def stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(DEADLINE)

    def request(self, method: str, path: str, **kwargs) -> httpx.Response:
        """A request to the API, as the command line makes it."""
        headers = {"Authorization": f"token {TOKEN}"}
        return httpx.request(
            method, f"{self.url}/api/{path}", headers=headers, timeout=DEADLINE, **kwargs
        )

    def add(self, name: str, password: str | None = None, admin: bool = False) -> str:
        """Add an account; the link to choose a password where none is given, as a whole URL."""
        body = {"password": password, "admin": admin}
        response = self.request("POST", f"accounts/{name}", json=body)
        assert response.status_code == 201, response.text
        link = response.json()["link"]
        return link and self.whole(link)

    def whole(self, path: str) -> str:
        return str(httpx.URL(self.url).join(path))


@pytest.fixture(scope="module")
def running_hub(tmp_path_factory):
    hub = Hub(tmp_path_factory.mktemp("hub"))
    hub.start()
    yield hub
    hub.stop()


@pytest.fixture
def hub(running_hub):
    """The hub; what it logs during a failing test is shown with the failure."""
    before = running_hub.log.stat().st_size
    yield running_hub
    print(running_hub.log.read_bytes()[before:].decode())  # noqa: T201


@pytest.fixture(scope="module")
def chromium():
    """A browser; while it is there, its event loop is the one of this thread."""
    executable = shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield browser
        browser.close()


class Visitor:
    """Someone with a browser of their own."""

    def __init__(self, chromium: Browser, hub: Hub) -> None:
        self.hub = hub
        self.context: BrowserContext = chromium.new_context()
        self.context.set_default_timeout(20_000)
        self.page: Page = self.context.new_page()
        self.page.on("dialog", lambda dialog: dialog.accept())

    def go(self, path: str) -> int:
        """Visit a page of the hub; the status."""
        response = self.page.goto(f"{self.hub.url}/{path}")
        assert response is not None
        return response.status

    def log_in(self, name: str, password: str) -> bool:
        """Whether the hub lets us in."""
        self.go("login")
        self.page.fill("#username_input", name)
        self.page.fill("#password_input", password)
        with self.page.expect_navigation():
            self.page.click("#login_submit")
        return self.page.url.endswith("/hub/home")

    def is_logged_in(self) -> bool:
        self.go("home")
        return self.page.url.endswith("/hub/home")

    def choose(self, link: str, password: str, again: str | None = None) -> None:
        self.page.goto(link)
        self.new_password(password, again)

    def new_password(self, password: str, again: str | None = None) -> None:
        self.page.fill("#new_password", password)
        self.page.fill("#new_password_again", password if again is None else again)
        with self.page.expect_navigation():
            self.page.click("main button[type=submit], form button[type=submit]")

    def alert(self) -> str:
        """What the page says about the last thing done."""
        return self.page.locator("[role=alert]:visible, [role=status]:visible").inner_text()

    def picture(self, name: str) -> None:
        """Keep pictures of the page, as on a desk and on a phone."""
        directory = ARTIFACTS / "screenshots"
        directory.mkdir(parents=True, exist_ok=True)
        for size, width in (("desk", 1100), ("phone", 390)):
            self.page.set_viewport_size({"width": width, "height": 750})
            self.page.screenshot(path=directory / f"{name}-{size}.png")
        self.page.set_viewport_size({"width": 1100, "height": 750})


@pytest.fixture
def visitor(chromium, hub):
    """Makes visitors."""
    visitors: list[Visitor] = []

    def new() -> Visitor:
        visitors.append(Visitor(chromium, hub))
        return visitors[-1]

    yield new
    for one in visitors:
        one.context.close()
