"""Accounts through the pages that people see, on a running site."""

import json
import re
from urllib.parse import urljoin

import httpx
import pytest

from acceptance.person import until

PASSWORD = "correct horse battery"
OTHER = "staple of another kind"


@pytest.fixture(scope="module")
def areas():
    return {"hub": {"base_url": "/base/"}, "auth": {"failed_logins": 3, "wait_seconds": 5}}


@pytest.fixture
def admin(site, visitor):
    """The site's first administrator, logged in, with the page of accounts open."""
    one = visitor()
    assert one.log_in("admin", (site.state / "admin-password").read_text().strip())
    assert one.go("accounts") == 200
    return one


@pytest.fixture
def add(site):
    """Adds an account; the link to choose a password where none is given, as a whole URL."""

    def add(name, password=None, **options):
        link = site.api.add(name, password=password, **options)
        return link and urljoin(site.url, link)

    return add


def row(admin, name):
    return admin.page.locator("#accounts tbody tr").filter(
        has=admin.page.locator("td:first-child", has_text=re.compile(rf"^\s*{re.escape(name)}\b"))
    )


def button(admin, action, name):
    return admin.page.get_by_role("button", name=f"{action}: {name}", exact=True)


def test_log_in_and_out(add, visitor):
    add("ada", PASSWORD)
    ada = visitor()
    assert not ada.log_in("ada", "wrong")
    assert "Invalid username or password" in ada.page.content()
    ada.picture("login-wrong")
    assert ada.log_in("Ada ", PASSWORD)
    assert ada.is_logged_in()
    ada.picture("home")
    ada.page.click("#logout")
    assert not ada.is_logged_in()


@pytest.mark.parametrize(
    "name", ["a" * 300, "x\x01y", "ünï✗", "../root", "<script>alert(1)</script>", "%s%n"]
)
def test_odd_names_just_fail(name, visitor):
    one = visitor()
    assert not one.log_in(name, PASSWORD)
    assert "Invalid username or password" in one.page.content()


def test_unicode_name_end_to_end(add, visitor):
    link = add("Zoë+q@Example.ORG")
    one = visitor()
    one.choose(link, PASSWORD)
    assert one.log_in("ZOË+q@example.org", PASSWORD)


@pytest.mark.parametrize("name", ["slow", "nobody-of-that-name"])
def test_wrong_passwords_are_slowed_down(name, add, visitor):
    if name == "slow":
        add(name, PASSWORD)
    one = visitor()
    for _ in range(3):
        assert not one.log_in(name, "wrong")
    assert not one.log_in(name, PASSWORD)
    assert re.search(r"Too many wrong passwords; try again in \d s", one.page.content())
    one.picture("login-slowed-down")
    if name == "slow":
        until("they are let in", lambda: one.log_in(name, PASSWORD), patience=65)


def test_incomplete_login_form(site):
    with httpx.Client(headers={"Sec-Fetch-Mode": "navigate"}) as client:
        token = client.get(f"{site.url}hub/login").cookies["_xsrf"]
        answer = client.post(f"{site.url}hub/login", data={"_xsrf": token, "username": "ada"})
    assert answer.status_code == 400
    assert "Enter a user name and a password" in answer.text


def test_link_works_once(add, visitor):
    link = add("linda")
    linda = visitor()
    headers = linda.page.goto(link).headers
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    linda.picture("choose")
    linda.new_password(PASSWORD, OTHER)
    assert "differ" in linda.alert()
    linda.new_password("1Q2w3e4r5t6y")
    linda.picture("choose-problem")
    assert "commonest" in linda.alert()
    linda.new_password("LINDA-is-my-name")
    assert "must not contain the user name" in linda.alert()
    linda.new_password(PASSWORD)
    assert "is set" in linda.alert()
    linda.picture("choose-done")
    linda.page.click("text=Go to the login")
    assert linda.page.input_value("#username_input") == "linda"
    assert linda.log_in("linda", PASSWORD)

    again = visitor()
    assert again.page.goto(link).status == 403
    assert "ask your administrator for a new link" in again.alert()
    again.picture("choose-dead")


def test_two_who_open_a_link_cannot_both_use_it(add, visitor):
    link = add("lucy")
    first, second = visitor(), visitor()
    second.page.goto(link)
    first.choose(link, PASSWORD)
    second.new_password(OTHER)
    assert "does not work" in second.alert()
    assert first.log_in("lucy", PASSWORD)


@pytest.mark.parametrize(
    "tail", ["/choose-password/lea/1-abc", "/choose-password/nobody/x", "/choose-password/%00/1-2"]
)
def test_forged_links(tail, site):
    answer = httpx.get(f"{site.url}hub{tail}")
    assert answer.status_code == 403
    assert "ask your administrator" in answer.text


def test_link_of_another_user(add):
    eve = add("eve")
    assert httpx.get(eve).status_code == 200
    assert httpx.get(eve.replace("/eve/", "/admin/")).status_code == 403


def test_choosing_needs_the_xsrf_token(add):
    form = {"new_password": PASSWORD, "new_password_again": PASSWORD}
    assert httpx.post(add("xenia"), data=form).status_code == 403


def test_change_of_password(add, visitor):
    add("carol", PASSWORD)
    here, elsewhere = visitor(), visitor()
    assert here.log_in("carol", PASSWORD) and elsewhere.log_in("carol", PASSWORD)
    here.page.click("text=Change password")
    here.picture("change")
    here.page.fill("#old_password", "wrong")
    here.new_password(OTHER)
    assert "old password is wrong" in here.alert()
    here.picture("change-problem")
    here.page.fill("#old_password", PASSWORD)
    here.new_password(OTHER)
    assert "is changed" in here.alert()
    here.picture("change-done")
    assert here.is_logged_in()
    assert not elsewhere.is_logged_in()
    assert not elsewhere.log_in("carol", PASSWORD)
    assert elsewhere.log_in("carol", OTHER)
    here.go("change-password")  # its form works, too: the new session has the right token
    here.page.fill("#old_password", OTHER)
    here.new_password(PASSWORD)
    assert "is changed" in here.alert()


def test_changing_counts_wrong_passwords(add, visitor):
    add("chris", PASSWORD)
    chris = visitor()
    assert chris.log_in("chris", PASSWORD)
    chris.go("change-password")
    for _ in range(4):
        chris.page.fill("#old_password", "wrong")
        chris.new_password(OTHER)
    assert "Too many wrong passwords" in chris.alert()


def test_administrator_adds_a_user(admin, visitor):
    admin.page.fill("#new-name", "Dora")
    admin.page.click("text=Add user")
    admin.page.wait_for_selector("#new-link:visible")
    link = admin.page.input_value("#link")
    row(admin, "dora").locator("text=no password yet").wait_for()
    admin.picture("accounts")
    admin.page.click("#copy")
    admin.page.wait_for_selector("text=Copied")
    dora = visitor()
    dora.choose(link, PASSWORD)
    assert dora.log_in("dora", PASSWORD)
    assert dora.go("accounts") == 403
    assert dora.page.locator("nav >> text=Accounts").count() == 0

    admin.page.fill("#new-name", "dora")
    admin.page.click("text=Add user")
    assert "exists" in admin.alert()
    admin.page.fill("#new-name", "<b>x")
    admin.page.click("text=Add user")
    admin.page.wait_for_selector("#problem:visible >> text=letters, digits")
    admin.picture("accounts-problem")


def test_administrator_resets(site, add, rest, admin, visitor):
    add("fred", PASSWORD)
    fred = visitor()
    assert fred.log_in("fred", PASSWORD)
    token = fred.page.evaluate(
        """async () => (await (await fetch(jhdata.base_url + "api/users/fred/tokens", {
            method: "POST", headers: {"X-XSRFToken": jhdata.xsrf_token}})).json()).token"""
    )
    mine = {"Authorization": f"token {token}"}
    assert httpx.get(f"{site.url}hub/api/user", headers=mine).status_code == 200
    old = urljoin(site.url, rest.post("accounts/fred/link").json()["link"])
    assert fred.log_in("fred", PASSWORD) is False
    admin.page.reload()
    button(admin, "New link", "fred").click()
    admin.page.wait_for_selector("#new-link:visible")
    link = admin.page.input_value("#link")
    assert not fred.is_logged_in()
    assert not fred.log_in("fred", PASSWORD)
    assert httpx.get(f"{site.url}hub/api/user", headers=mine).status_code == 403
    assert fred.page.goto(old).status == 403
    fred.choose(link, OTHER)
    assert fred.log_in("fred", OTHER)


def test_administrator_makes_administrators(add, admin, visitor):
    add("greta", PASSWORD)
    greta = visitor()
    assert greta.log_in("greta", PASSWORD)
    admin.page.reload()
    button(admin, "Make administrator", "greta").click()
    row(admin, "greta").locator(".badge >> text=administrator").wait_for()
    assert greta.go("accounts") == 200
    button(admin, "Unmake administrator", "greta").click()
    button(admin, "Make administrator", "greta").wait_for()
    assert greta.go("accounts") == 403


def test_administrator_removes(site, add, admin, visitor):
    add("hans", PASSWORD)
    hans = visitor()
    assert hans.log_in("hans", PASSWORD)
    admin.page.reload()
    button(admin, "Remove", "hans").click()
    row(admin, "hans").wait_for(state="detached")
    assert not hans.is_logged_in()
    assert not hans.log_in("hans", PASSWORD)
    assert "hans" not in [account["name"] for account in site.api.accounts()]
    add("hans")  # a new one with the name of the old one
    assert not hans.log_in("hans", PASSWORD)


def test_requests_that_are_refused(site, rest, admin):
    def status(method, path, body=None):
        answer = rest.request(method, path, content=json.dumps(body))
        assert "\n" not in answer.json()["message"]
        return answer.status_code

    assert status("POST", f"accounts/{'a' * 300}") == 400
    assert status("POST", "accounts/a%2Fb", {}) == 400
    assert status("POST", "accounts/ivan", {"password": "short"}) == 400
    assert status("POST", "accounts/ivan", {"password": "\ud800 is no character"}) == 400
    assert status("POST", "accounts/ivan", {"admin": "yes"}) == 400
    assert status("POST", "accounts/ivan", {"colour": "red"}) == 400
    assert status("POST", "accounts/ivan", ["list"]) == 400
    assert status("POST", "accounts/admin") == 409
    assert status("POST", "accounts/nobody/link") == 404
    assert status("PUT", "accounts/admin/admin", {"admin": False}) == 400
    assert status("DELETE", "users/admin") == 400
    assert httpx.get(f"{site.url}hub/api/accounts").status_code == 403


def test_user_without_an_account_is_given_one(site, rest, visitor):
    assert rest.post("users/judy").status_code == 201
    before = next(account for account in site.api.accounts() if account["name"] == "judy")
    assert before == {
        "name": "judy",
        "admin": False,
        "last_activity": None,
        "account": False,
        "has_password": False,
        "server": False,
    }
    judy = visitor()
    assert not judy.log_in("judy", PASSWORD)
    link = rest.post("accounts/judy/link").json()["link"]
    judy.choose(urljoin(site.url, link), PASSWORD)
    assert judy.log_in("judy", PASSWORD)


def test_accounts_survive_a_new_hub(site, add, visitor):
    add("kim", PASSWORD, admin=True)
    link = add("lars")
    kim = visitor()
    assert kim.log_in("kim", PASSWORD)
    before = site.api.accounts()
    site.container("hub").remove(force=True)
    site.up()
    assert [a["name"] for a in site.api.accounts()] == [a["name"] for a in before]
    assert kim.is_logged_in()
    assert kim.go("accounts") == 200
    lars = visitor()
    lars.choose(link, PASSWORD)
    assert lars.log_in("lars", PASSWORD)
    assert visitor().log_in("kim", PASSWORD)
