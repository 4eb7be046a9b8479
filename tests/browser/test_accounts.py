"""Accounts through the pages that people see, on a real JupyterHub."""

import json
import re
import time
from urllib.parse import quote

import httpx
import pytest

pytest_plugins = ["browser.accounts_hub"]
pytestmark = pytest.mark.browser

DEADLINE = 60
PASSWORD = "correct horse battery"
OTHER = "staple of another kind"


@pytest.fixture
def admin(hub, visitor):
    """The administrator of the site's settings, logged in, with the page of accounts open."""
    if not any(a["name"] == "root" and a["has_password"] for a in accounts(hub)):
        hub.add("root", PASSWORD, admin=True)
    one = visitor()
    assert one.log_in("root", PASSWORD)
    assert one.go("accounts") == 200
    return one


def accounts(hub):
    return hub.request("GET", "accounts").json()


def row(admin, name):
    return admin.page.locator("#accounts tbody tr").filter(
        has=admin.page.locator("td:first-child", has_text=re.compile(rf"^\s*{re.escape(name)}\b"))
    )


def test_log_in_and_out(hub, visitor):
    hub.add("ada", PASSWORD)
    ada = visitor()
    assert not ada.log_in("ada", "wrong")
    assert "Invalid username or password" in ada.page.content()
    ada.picture("login-wrong")
    assert ada.log_in("Ada ", PASSWORD)
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


def test_unicode_name_end_to_end(hub, visitor):
    link = hub.add(quote("Zoë+q@Example.ORG"))
    one = visitor()
    one.choose(link, PASSWORD)
    assert one.log_in("ZOË+q@example.org", PASSWORD)


@pytest.mark.parametrize("name", ["slow", "nobody-of-that-name"])
def test_wrong_passwords_are_slowed_down(name, hub, visitor):
    if name == "slow":
        hub.add(name, PASSWORD)
    one = visitor()
    for _ in range(3):
        assert not one.log_in(name, "wrong")
    assert not one.log_in(name, PASSWORD)
    assert re.search(r"Too many wrong passwords; try again in \d s", one.page.content())
    one.picture("login-slowed-down")
    if name == "slow":
        deadline = time.monotonic() + hub.wait_seconds + DEADLINE
        while not one.log_in(name, PASSWORD):
            assert time.monotonic() < deadline


def test_incomplete_login_form(hub):
    with httpx.Client(headers={"Sec-Fetch-Mode": "navigate"}) as client:
        token = client.get(f"{hub.url}/login").cookies["_xsrf"]
        answer = client.post(f"{hub.url}/login", data={"_xsrf": token, "username": "ada"})
    assert answer.status_code == 400
    assert "Enter a user name and a password" in answer.text


def test_link_works_once(hub, visitor):
    link = hub.add("linda")
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


def test_two_who_open_a_link_cannot_both_use_it(hub, visitor):
    link = hub.add("lucy")
    first, second = visitor(), visitor()
    second.page.goto(link)
    first.choose(link, PASSWORD)
    second.new_password(OTHER)
    assert "does not work" in second.alert()
    assert first.log_in("lucy", PASSWORD)


@pytest.mark.parametrize(
    "tail", ["/choose-password/lea/1-abc", "/choose-password/nobody/x", "/choose-password/%00/1-2"]
)
def test_forged_links(tail, hub):
    answer = httpx.get(hub.url + tail)
    assert answer.status_code == 403
    assert "ask your administrator" in answer.text


def test_link_of_another_user(hub):
    eve = hub.add("eve")
    assert httpx.get(eve).status_code == 200
    assert httpx.get(eve.replace("/eve/", "/root/")).status_code == 403


def test_choosing_needs_the_xsrf_token(hub):
    form = {"new_password": PASSWORD, "new_password_again": PASSWORD}
    assert httpx.post(hub.add("xenia"), data=form).status_code == 403


def test_change_of_password(hub, visitor):
    hub.add("carol", PASSWORD)
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


def test_changing_counts_wrong_passwords(hub, visitor):
    hub.add("chris", PASSWORD)
    chris = visitor()
    assert chris.log_in("chris", PASSWORD)
    chris.go("change-password")
    for _ in range(4):
        chris.page.fill("#old_password", "wrong")
        chris.new_password(OTHER)
    assert "Too many wrong passwords" in chris.alert()


def test_administrator_adds_a_user(hub, admin, visitor):
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


def test_administrator_resets(hub, admin, visitor):
    hub.add("fred", PASSWORD)
    fred = visitor()
    assert fred.log_in("fred", PASSWORD)
    token = fred.page.evaluate(
        """async () => (await (await fetch(jhdata.base_url + "api/users/fred/tokens", {
            method: "POST", headers: {"X-XSRFToken": jhdata.xsrf_token}})).json()).token"""
    )
    mine = {"Authorization": f"token {token}"}
    assert httpx.get(f"{hub.url}/api/user", headers=mine).status_code == 200
    old = hub.whole(hub.request("POST", "accounts/fred/link").json()["link"])
    assert fred.log_in("fred", PASSWORD) is False
    admin.page.reload()
    row(admin, "fred").locator("text=New link").click()
    admin.page.wait_for_selector("#new-link:visible")
    link = admin.page.input_value("#link")
    assert not fred.is_logged_in()
    assert not fred.log_in("fred", PASSWORD)
    assert httpx.get(f"{hub.url}/api/user", headers=mine).status_code == 403
    assert fred.page.goto(old).status == 403
    fred.choose(link, OTHER)
    assert fred.log_in("fred", OTHER)


def test_administrator_makes_administrators(hub, admin, visitor):
    hub.add("greta", PASSWORD)
    greta = visitor()
    assert greta.log_in("greta", PASSWORD)
    admin.page.reload()
    row(admin, "greta").locator("text=Make administrator").click()
    row(admin, "greta").locator(".badge >> text=administrator").wait_for()
    assert greta.go("accounts") == 200
    row(admin, "greta").locator("text=Unmake administrator").click()
    row(admin, "greta").locator("text=Make administrator").wait_for()
    assert greta.go("accounts") == 403


def test_administrator_removes(hub, admin, visitor):
    hub.add("hans", PASSWORD)
    hans = visitor()
    assert hans.log_in("hans", PASSWORD)
    admin.page.reload()
    row(admin, "hans").locator("text=Remove").click()
    row(admin, "hans").wait_for(state="detached")
    assert not hans.is_logged_in()
    assert not hans.log_in("hans", PASSWORD)
    assert "hans" not in [account["name"] for account in accounts(hub)]
    hub.add("hans")  # a new one with the name of the old one
    assert not hans.log_in("hans", PASSWORD)


def test_requests_that_are_refused(hub, admin):
    def status(method, path, body=None):
        answer = hub.request(method, path, content=json.dumps(body))
        assert "\n" not in answer.json()["message"]
        return answer.status_code

    assert status("POST", f"accounts/{'a' * 300}") == 400
    assert status("POST", "accounts/a%2Fb", {}) == 400
    assert status("POST", "accounts/ivan", {"password": "short"}) == 400
    assert status("POST", "accounts/ivan", {"password": "\ud800 is no character"}) == 400
    assert status("POST", "accounts/ivan", {"admin": "yes"}) == 400
    assert status("POST", "accounts/ivan", {"colour": "red"}) == 400
    assert status("POST", "accounts/ivan", ["list"]) == 400
    assert status("POST", "accounts/root") == 409
    assert status("POST", "accounts/nobody/link") == 404
    assert status("PUT", "accounts/root/admin", {"admin": False}) == 400
    assert status("DELETE", "users/root") == 400
    assert httpx.get(f"{hub.url}/api/accounts").status_code == 403


def test_user_without_an_account_is_given_one(hub, visitor):
    assert hub.request("POST", "users/judy").status_code == 201
    before = next(account for account in accounts(hub) if account["name"] == "judy")
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
    link = hub.request("POST", "accounts/judy/link").json()["link"]
    judy.choose(hub.whole(link), PASSWORD)
    assert judy.log_in("judy", PASSWORD)


def test_accounts_survive_a_new_hub(hub, visitor):
    hub.add("kim", PASSWORD, admin=True)
    link = hub.add("lars")
    kim = visitor()
    assert kim.log_in("kim", PASSWORD)
    before = accounts(hub)
    hub.stop()
    hub.start()
    assert [a["name"] for a in accounts(hub)] == [a["name"] for a in before]
    assert kim.is_logged_in()
    assert kim.go("accounts") == 200
    lars = visitor()
    lars.choose(link, PASSWORD)
    assert lars.log_in("lars", PASSWORD)
    assert visitor().log_in("kim", PASSWORD)
