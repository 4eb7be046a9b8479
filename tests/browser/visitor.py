"""Someone with a browser of their own."""

from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page

SCREENSHOTS = Path(__file__).parents[2] / ".artifacts" / "screenshots"

PATIENCE = 30.0
"""Seconds that anything on a page may take."""

DESK = {"width": 1100, "height": 750}
PHONE = {"width": 375, "height": 667}


class Visitor:
    """Someone with a browser of their own, at a site."""

    def __init__(self, chromium: Browser, url: str) -> None:
        """url: where users reach the site, with its base URL."""
        self.url = url
        self.context: BrowserContext = chromium.new_context(viewport=DESK)
        self.context.set_default_timeout(PATIENCE * 1000)
        self.page: Page = self.context.new_page()
        self.dialogs: list[str] = []
        self.page.on("dialog", self._accept)

    def _accept(self, dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.accept()

    def go(self, path: str) -> int:
        """Visits a page of the hub; the status."""
        response = self.page.goto(f"{self.url}hub/{path}")
        assert response is not None
        return response.status

    def log_in(self, name: str, password: str) -> bool:
        """Whether the hub lets us in."""
        self.go("login")
        self.page.get_by_label("Username").fill(name)
        self.page.get_by_label("Password:").fill(password)
        with self.page.expect_navigation():
            self.page.click("#login_submit")
        return self.page.locator("#logout").count() == 1

    def is_logged_in(self) -> bool:
        self.go("home")
        return self.page.url == f"{self.url}hub/home"

    def choose(self, link: str, password: str, again: str | None = None) -> None:
        """Opens the link to choose a password, and does."""
        self.page.goto(link)
        self.new_password(password, again)

    def new_password(self, password: str, again: str | None = None) -> None:
        self.page.get_by_label("New password", exact=True).fill(password)
        self.page.get_by_label("New password again").fill(password if again is None else again)
        with self.page.expect_navigation():
            self.page.click("main button[type=submit], form button[type=submit]")

    def alert(self) -> str:
        """What the page says about the last thing done."""
        return self.page.locator("[role=alert]:visible, [role=status]:visible").inner_text()

    def picture(self, name: str) -> None:
        """Keeps pictures of the page, as on a desk and on a phone, where all fits its width."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        for size, viewport in (("phone", PHONE), ("desk", DESK)):
            self.page.set_viewport_size(viewport)
            self.page.screenshot(path=SCREENSHOTS / f"{name}-{size}.png", full_page=True)
            wide = self.page.evaluate("document.documentElement.scrollWidth")
            assert wide <= viewport["width"], f"{name}: {wide} px wide on a {size}"
