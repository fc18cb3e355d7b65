"""No secret and no token leaves: not in an error, a repr, a log or a pickle."""

from __future__ import annotations

import copy
import dataclasses
import json
import logging
import pickle
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from streams.cloud.credentials import Certificate, ClientSecret, Credential, FederatedToken, Source
from streams.cloud.http import CloudHttp
from streams.cloud.seam import Api, CloudError
from streams.cloud.secret import Redactor, Secret
from streams.cloud.tenant_access import TenantAccess
from tests.unit.cloud.certificates import write_pair
from tests.unit.cloud.conftest import JumpingClock
from tests.unit.cloud.local_service import SECRET, LocalService, Reply, Seen, login_error

Script = Reply | Callable[[Seen], Reply]


def test_a_secret_shows_its_value_to_reveal_only() -> None:
    secret = Secret(SECRET)
    shown = [repr(secret), str(secret), f"{secret}", f"{secret!r:>40}", f"{[secret]}", json.dumps(str(secret))]
    assert not any(SECRET in text for text in shown)
    assert secret.reveal() == SECRET
    assert secret == Secret(SECRET)
    assert secret != SECRET
    assert copy.deepcopy(secret) == secret
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="not pickled"):
            pickle.dumps(secret, protocol)
    with pytest.raises(TypeError):
        hash(secret)
    source = Source("x", value=secret)
    assert SECRET not in repr(source)
    assert SECRET not in repr(dataclasses.asdict(source))


@pytest.mark.parametrize(
    "text",
    [
        f"the value {SECRET} is wrong",
        "header eyJhbGciOi.eyJyb2xlcyI6.c2ln and more",
        "Authorization: Bearer abc123.~def",
        'bearer "opaque-token-0815"',
    ],
)
def test_text_of_others_is_cleaned(text: str) -> None:
    redactor = Redactor([Secret(SECRET), Secret("ab")])
    redactor.remember("opaque-token-0815")
    shown = redactor.clean(text)
    assert "[hidden]" in shown
    assert not any(value in shown for value in (SECRET, "eyJ", "abc123", "opaque-token-0815"))
    assert redactor.clean("ab\nab\x1b") == "ab ab\\x1b"


def credentials(folder: Path) -> dict[str, tuple[Credential, list[str]]]:
    key = folder / "app.pem"
    write_pair(key, "pass phrase 0815")
    (folder / "token").write_text("header.federated-assertion.signature")
    lines = [line for line in key.read_text().splitlines() if "-----" not in line]
    phrase = Source("passphrase", value=Secret("pass phrase 0815"))
    return {
        "secret": (ClientSecret(Source("s", value=Secret(SECRET))), [SECRET]),
        "certificate": (Certificate(Source("c", path=key), phrase), ["pass phrase 0815", *lines[:3]]),
        "federated": (FederatedToken(Source("f", path=folder / "token")), ["federated-assertion"]),
    }


def echo(status: int) -> Callable[[Seen], Reply]:
    """A service that tells everything that it was told."""

    def reply(seen: Seen) -> Reply:
        told = f"{seen.headers.get('authorization')} {seen.body.decode()} {seen.path}"
        body = {"error": {"code": "Echo", "message": told, "innerError": {"request-id": told}}}
        return Reply(
            status, json.dumps(body).encode(), {"Retry-After": "1", "request-id": told[:200].replace("\n", "")}
        )

    return reply


def echo_login(seen: Seen) -> Reply:
    text = f"AADSTS999999: {seen.form} {seen.body.decode()}"
    return Reply(400, json.dumps({"error": seen.body.decode(), "error_description": text, "trace_id": text}).encode())


@pytest.mark.parametrize("kind", ["secret", "certificate", "federated"])
def test_no_failure_and_no_log_shows_a_secret_or_a_token(
    access: Callable[..., TenantAccess],
    service: LocalService,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    kind: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    credential, hidden = credentials(tmp_path)[kind]
    shown: list[str] = []
    api_scripts: list[list[Script]] = [[echo(status)] for status in (400, 401, 403, 404, 429, 500, 302)]
    api_scripts += [[Reply(body=b"[", cut=0, reset=True)], [Reply(body=b"[1,2]")]]
    login_scripts: list[list[Script]] = [
        [echo_login],
        [login_error(7000215, 401)],
        [Reply(500, b"")],
    ]
    for script in api_scripts:
        service.api = script
        shown += attempt(access(credential))
    for script in login_scripts:
        service.api, service.login = [Reply()], script
        shown += attempt(access(credential))
    shown += [record.getMessage() for record in caplog.records] + [str(record.__dict__) for record in caplog.records]
    assertions = [seen.form.get("client_assertion", "") for seen in service.sign_ins]
    for value in [*hidden, *service.tokens, *filter(None, assertions)]:
        assert not [text for text in shown if value in text], value[:6]
    assert len(service.tokens) >= 9
    assert any("Echo" in text for text in shown)


def attempt(access: TenantAccess) -> list[str]:
    """One call; everything that anybody could print of it."""
    cloud = CloudHttp(access, JumpingClock())
    texts = [repr(access), repr(access.credential), repr(cloud), repr(cloud.facts), str(vars(access))]
    try:
        cloud.call(Api.MANAGEMENT, "GET", access.endpoints.management + "/x", body={"a": 1})
    except CloudError as error:
        texts += [str(error), repr(error), "".join(traceback.format_exception(error))]
    cloud.close()
    return texts
