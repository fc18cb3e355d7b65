"""`watchpost simulate --serve` as its user meets it: a process, its settings file, msal, HTTPS, and an end by SIGTERM."""

from __future__ import annotations

import os
import signal
import ssl
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import msal
import pytest

from tests.integration.command_line import ENTRY
from tests.integration.processes import ROOT, wait_until

pytestmark = pytest.mark.timeout(300)

DAY_SECONDS = 86_400
SPEED = 3600.0
SKEW_SECONDS = 10 * DAY_SECONDS
FAULTS = f"skew_ms={SKEW_SECONDS}000"
ARGUMENTS = ("simulate", "--serve", "--accounts", "6", "--past-days", "1", "--attacks", "none", "--speed", str(SPEED),
             "--faults", FAULTS,
             "--knobs", "expiration_days=7,licences=P1,next_header=NextPageUrl,page_blobs=3,lateness=0")  # fmt: skip


def parsedate(text: str) -> float:
    """Seconds of a time with a zone."""
    return datetime.fromisoformat(text).timestamp()


@dataclass
class Served:
    """The settings of the one tenant, and calls with tokens that msal got."""

    settings: dict[str, Any]
    http: httpx.Client
    folder: Path

    @property
    def log(self) -> str:
        """All that the command has said."""
        return (self.folder / "log.txt").read_text()

    @property
    def tenant(self) -> dict[str, Any]:
        found: dict[str, Any] = self.settings["tenants"][0]
        return found

    def application(self, secret: str = "", **options: Any) -> Any:
        chosen = {"authority": f"{self.tenant['login_url']}/{self.tenant['id']}", "instance_discovery": False} | options
        return msal.ConfidentialClientApplication(
            self.tenant["client_id"],
            client_credential=secret or Path(self.tenant["client_secret_file"]).read_text(),
            verify=self.settings["ca_bundle"],
            **chosen,
        )

    def now(self) -> float:
        """Seconds of the practice clock, as the settings file tells it."""
        clock = self.settings["practice"]
        return float(clock["start_ms"] / 1000 + (time.time() - clock["wall_ms"] / 1000) * clock["speed"])

    def token(self, api: str) -> str:
        return str(
            self.application().acquire_token_for_client([f"{self.tenant[f'{api}_url']}/.default"])["access_token"]
        )

    def call(self, api: str, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token(api)}"}
        return self.http.request(method, f"{self.tenant[f'{api}_url']}/{path}", headers=headers, **options)

    def signin_errors(self, user: str) -> set[int]:
        """Error numbers of the account's newest background sign-ins."""
        asked = f"userPrincipalName eq '{user}' and signInEventTypes/any(t: t eq 'nonInteractiveUser')"
        answer = self.call("graph", "GET", "beta/auditLogs/signIns", params={"$filter": asked, "$top": "3"})
        return {row["status"]["errorCode"] for row in answer.json()["value"]}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The command at work; afterwards it ends when it is told to."""
    folder = tmp_path_factory.mktemp("serve")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WATCHPOST_")}
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):  # they override what msal is told to verify with
        kept.pop(name, None)
        os.environ.pop(name, None)
    log = folder / "log.txt"
    with log.open("wb") as lines:
        process = subprocess.Popen([sys.executable, "-c", ENTRY, *ARGUMENTS, "--out", str(folder)], cwd=ROOT,
                                   stdout=lines, stderr=lines, env=kept | {"PYTHONPATH": str(ROOT)})  # fmt: skip
    try:
        ready = lambda: b"in another terminal" in log.read_bytes() or process.poll() is not None  # noqa: E731
        wait_until(ready, "the start", 90.0)
        assert process.poll() is None, log.read_text()
        settings = tomllib.loads((folder / "watchpost.toml").read_text())
        context = ssl.create_default_context(cafile=settings["ca_bundle"])
        with httpx.Client(verify=context, timeout=30.0, trust_env=False) as http:
            yield Served(settings, http, folder)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        secret = Path(settings["tenants"][0]["client_secret_file"]).read_text()
        assert secret not in log.read_text()
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(10)


def test_msal_gets_tokens_by_discovery_and_is_told_what_is_wrong(served: Served) -> None:
    scopes = [f"{served.tenant['management_url']}/.default"]
    app = served.application()
    first, again = app.acquire_token_for_client(scopes), app.acquire_token_for_client(scopes)
    assert first["token_type"] == "Bearer" and again["token_source"] == "cache"
    authority = f"{served.tenant['login_url']}/{served.tenant['id']}/v2.0"
    other = served.application(authority=None, oidc_authority=authority)
    assert "access_token" in other.acquire_token_for_client(scopes)
    wrong = served.application("wrong").acquire_token_for_client(scopes)
    assert wrong["error"] == "invalid_client" and wrong["error_codes"] == [7000215]


def test_knobs_and_faults_of_the_command_line_are_those_of_the_answers(served: Served) -> None:
    feed = f"api/v1.0/{served.tenant['id']}/activity/feed"
    before = served.now()
    answer = served.call("management", "GET", f"{feed}/subscriptions/list")
    assert {found["status"] for found in answer.json()} == {"enabled"}
    shown = parsedate_to_datetime(answer.headers["Date"]).timestamp() - SKEW_SECONDS
    assert before - 1 <= shown <= served.now()
    day = "2026-03-10"
    answer = served.call("management", "GET", f"{feed}/subscriptions/content", params={
        "contentType": "Audit.Exchange", "startTime": day, "endTime": "2026-03-11"})  # fmt: skip
    assert len(answer.json()) <= 3 and "NextPageUri" not in answer.headers and "NextPageUrl" in answer.headers
    while not (contents := answer.json()):
        answer = served.call("management", "GET", "api/" + answer.headers["NextPageUrl"].partition("/api/")[2])
    life = parsedate(contents[0]["contentExpiration"]) - parsedate(contents[0]["contentCreated"])
    assert abs(life - 7 * DAY_SECONDS) < 3600
    compromised = served.call(
        "graph", "POST", "v1.0/identityProtection/riskyUsers/confirmCompromised", json={"userIds": []}
    )
    assert compromised.status_code == 403  # P1 is not enough


def test_an_account_that_is_disabled_signs_in_no_more_until_it_is_enabled(served: Served) -> None:
    users = served.call("graph", "GET", "v1.0/users").json()["value"]
    name = users[3]["userPrincipalName"]
    wait_until(lambda: served.signin_errors(name) == {0}, "sign-ins", 60.0)
    path = f"v1.0/users/{name}"
    assert served.call("graph", "PATCH", path, json={"accountEnabled": False}).status_code == 204
    assert served.call("graph", "GET", path).json()["accountEnabled"] is False
    wait_until(lambda: served.signin_errors(name) == {50057}, "refused sign-ins", 60.0)
    assert served.call("graph", "PATCH", path, json={"accountEnabled": True}).status_code == 204
    wait_until(lambda: served.signin_errors(name) == {0}, "sign-ins again", 60.0)


def test_faults_are_switched_while_it_serves(served: Served) -> None:
    url = f"{served.tenant['management_url']}/api/v1.0/{served.tenant['id']}/activity/feed/subscriptions/list"
    headers = {"Authorization": f"Bearer {served.token('management')}"}

    def status() -> int:
        return served.http.get(url, headers=headers).status_code

    assert status() == 200
    switches = served.folder / "faults.txt"
    switches.write_text("down\n")
    wait_until(lambda: status() == 503, "the failure", 30.0)
    switches.write_text("floods=1")
    wait_until(lambda: "unknown fault profile 'floods'" in served.log, "the complaint", 30.0)
    assert status() == 503
    switches.write_text(FAULTS)  # as it began: tests run in any order
    wait_until(lambda: status() == 200, "the recovery", 30.0)
