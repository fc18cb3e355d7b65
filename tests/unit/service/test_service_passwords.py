"""Disabled, enabled again, revoked, reset: what owner and thief meet next, in the audit log and in Graph alike."""

from __future__ import annotations

from typing import Any

import pytest

from streams.simulation.clock import graph_time
from streams.simulation.service import Attack
from streams.simulation.service.returning import sessions_of

from .conftest import DAY, HOUR, NOW, Caller, Open, small
from .told import TYPES, acts, at_the_rule, attacked, errors, logons, operations, outsiders, signins

DISABLED, REVOKED, STALE, WRONG, EXPIRED = 50057, 50173, 50133, 50126, 50055


def both(caller: Caller, name: str, first: int, last: int) -> list[int]:
    """Error numbers of the account's sign-ins in order, which both feeds tell alike of those that both tell."""
    told = logons(acts(caller, name, first, last))
    rows = {(row["createdDateTime"].removesuffix("Z"), row["status"]["errorCode"])
            for row in signins(caller, name, first, last)}  # fmt: skip
    assert {entry for entry in told if entry[1]} <= rows
    return [number for _, number in told]


@pytest.mark.parametrize("order", ["disable first", "revoke first"])
def test_disabled_and_revoked_nobody_signs_in(open_service: Open, order: str) -> None:
    caller = open_service(attacked(story="S1"))
    name = at_the_rule(caller)
    calls: list[tuple[str, str, Any]] = [(f"v1.0/users/{name}", "PATCH", {"accountEnabled": False}),
                                         (f"v1.0/users/{name}/revokeSignInSessions", "POST", {})]  # fmt: skip
    for path, method, body in calls if order == "disable first" else reversed(calls):
        assert caller.graph(path, method, body).status_code in (200, 204)
    since = caller.clock.ms + 1000
    caller.clock.ms = NOW + 10 * HOUR
    assert set(both(caller, name, since, NOW + 8 * HOUR)) == {DISABLED}
    assert set(errors(signins(caller, name, since, NOW + 8 * HOUR))) == {DISABLED}
    assert operations(acts(caller, name, since, NOW + 8 * HOUR)) == {"UserLoginFailed"}
    assert outsiders(caller, name) == 0


def test_enabled_after_a_revocation_the_owner_first_signs_in(open_service: Open) -> None:
    caller = open_service(attacked())
    name = at_the_rule(caller)
    before = acts(caller, name, NOW - DAY, caller.clock.ms)
    used = {record["AppAccessContext"]["AADSessionId"] for record in before if "AppAccessContext" in record}
    caller.graph(f"v1.0/users/{name}", "PATCH", {"accountEnabled": False})
    caller.graph(f"v1.0/users/{name}/revokeSignInSessions", "POST")
    caller.clock.ms = NOW + 3 * HOUR
    caller.graph(f"v1.0/users/{name}", "PATCH", {"accountEnabled": True})
    caller.clock.ms = NOW + 30 * HOUR
    after = acts(caller, name, NOW + 3 * HOUR + 1000, NOW + 26 * HOUR)
    numbers = both(caller, name, NOW + 3 * HOUR + 1000, NOW + 26 * HOUR)
    assert numbers[:3] == [REVOKED, STALE, 0] and DISABLED not in numbers
    worked = [record for record in after if "AppAccessContext" in record]
    assert worked and not used & {record["AppAccessContext"]["AADSessionId"] for record in worked}
    assert outsiders(caller, name) < 1_000  # the thief's session ended with the others


@pytest.mark.parametrize(
    ("profile", "met"),
    [
        ({"forceChangePasswordNextSignIn": True}, [REVOKED, STALE, EXPIRED, 0]),
        ({"password": "a new one", "forceChangePasswordNextSignIn": False}, [REVOKED, STALE, WRONG, 0]),
    ],
)
def test_after_a_reset_the_owner_meets_the_password_prompt(
    open_service: Open, profile: dict[str, Any], met: list[int]
) -> None:
    caller = open_service(attacked(accounts=6))
    name = at_the_rule(caller)
    assert caller.graph(f"v1.0/users/{name}", "PATCH", {"passwordProfile": profile}).status_code == 204
    since = caller.clock.ms + 1000
    caller.clock.ms = NOW + 30 * HOUR
    assert outsiders(caller, name) < 1_000
    after = acts(caller, name, since, NOW + 26 * HOUR)
    owner = signins(caller, name, since, NOW + 26 * HOUR)
    home = {row["ipAddress"] for row in owner if row["status"]["errorCode"] == 0}
    assert errors(row for row in owner if row["ipAddress"] in home)[:4] == met
    assert ("Change user password." in operations(after)) is (EXPIRED in met)
    ours = [record["Operation"] for record in caller.records("Audit.AzureActiveDirectory", NOW, NOW + 3 * HOUR)
            if record["UserId"].startswith("ServicePrincipal_") and record["ObjectId"] == name]  # fmt: skip
    assert sorted(ours) == ["Reset user password.", "Update StsRefreshTokenValidFrom Timestamp."]
    asked = f"activityDateTime ge {graph_time(NOW)}"
    rows = [row["activityDisplayName"] for row in caller.rows("v1.0/auditLogs/directoryAudits", filter=asked)
            if row["targetResources"][0]["userPrincipalName"] == name]  # fmt: skip
    assert "Reset user password" in rows


@pytest.fixture
def guessed(open_service: Open) -> tuple[Caller, str, int]:
    """A tenant about to be sprayed: its caller, the account whose password will be guessed, and the moment of the guess."""
    caller = open_service(attacked(story="S14", accounts=6))
    caller.clock.ms = NOW + HOUR
    caller.graph("v1.0/organization")
    told = caller.service.tenant().world.told[0]
    return caller, told.accounts[0], next(stage.time for stage in told.stages if stage.technique == "T1078.004")


def read(caller: Caller, name: str) -> int:
    """Records of mail that the attack read in the account."""
    caller.clock.ms += 10 * HOUR
    wanted = {uid for stage in caller.service.tenant().world.told[0].stages if stage.stage == "collection"
              for uid in stage.uids}  # fmt: skip
    return len(wanted & {record["Id"] for record in acts(caller, name, NOW, caller.clock.ms)})


def test_who_knows_the_password_gets_in_after_a_revocation(guessed: tuple[Caller, str, int]) -> None:
    caller, name, guess_ms = guessed
    assert guess_ms > caller.clock.ms
    caller.graph(f"v1.0/users/{name}/revokeSignInSessions", "POST")
    assert read(caller, name) > 0


def test_a_guessed_password_that_was_reset_opens_nothing(guessed: tuple[Caller, str, int]) -> None:
    caller, name, guess_ms = guessed
    body = {"passwordProfile": {"password": "another"}}
    assert caller.graph(f"v1.0/users/{name}", "PATCH", body).status_code == 204
    assert read(caller, name) == 0
    row = next(row for row in signins(caller, name, guess_ms, guess_ms + 1000) if row["isInteractive"])
    assert row["status"]["errorCode"] == WRONG


def test_a_wrong_password_stays_wrong_after_a_revocation(guessed: tuple[Caller, str, int]) -> None:
    caller, _, _ = guessed
    told = caller.service.tenant().world.told[0]
    tried = {uid for stage in told.stages if stage.technique == "T1110.003" for uid in stage.uids}
    for account in told.accounts:
        caller.graph(f"v1.0/users/{account}/revokeSignInSessions", "POST")
    since = caller.clock.ms + 1000
    caller.clock.ms += 10 * HOUR
    rows = [row for account in told.accounts for row in signins(caller, account, since, caller.clock.ms)
            if row["id"] in tried]  # fmt: skip
    assert rows and set(errors(rows)) <= {WRONG, 50053}


def test_a_session_stolen_after_a_revocation_is_the_one_that_there_is_then(open_service: Open) -> None:
    caller = open_service(small(lateness=0.0, duplicates=0.0, subscribed=TYPES))
    world = caller.service.tenant().world
    person = next(person for person in world.people if person.kind == "user")
    before = {session.identity for session in sessions_of(world, person, NOW).values()}
    caller.graph(f"v1.0/users/{person.upn}/revokeSignInSessions", "POST")
    caller.service.attack(Attack("S7", NOW + 5 * HOUR, victim=person.upn))
    caller.clock.ms = NOW + 16 * HOUR
    stolen = {uid for stage in world.told[0].stages for uid in stage.uids}
    records = acts(caller, person.upn, NOW + 1000, NOW + 12 * HOUR)
    sessions = {record["Id"]: record["AppAccessContext"]["AADSessionId"] for record in records
                if "AppAccessContext" in record}  # fmt: skip
    used = {session for uid, session in sessions.items() if uid in stolen}
    assert used and not used & before
    assert used <= {session for uid, session in sessions.items() if uid not in stolen} | {
        row["sessionId"] for row in signins(caller, person.upn, NOW, NOW + 12 * HOUR) if row["id"] not in stolen}  # fmt: skip


def test_a_reset_needs_its_own_role(open_service: Open) -> None:
    caller = open_service(small(roles=frozenset({"User.Read.All", "User.EnableDisableAccount.All"})))
    user = caller.rows("v1.0/users")[1]["id"]
    wanted = {"passwordProfile": {"forceChangePasswordNextSignIn": True}}
    assert caller.graph(f"v1.0/users/{user}", "PATCH", wanted).status_code == 403
    assert caller.graph(f"v1.0/users/{user}", "PATCH", {"accountEnabled": False}).status_code == 204
    other = open_service(small(roles=frozenset({"User.Read.All", "User-PasswordProfile.ReadWrite.All"})))
    assert other.graph(f"v1.0/users/{user}", "PATCH", {"accountEnabled": False}).status_code == 403
    assert other.graph(f"v1.0/users/{user}", "PATCH", wanted).status_code == 204
    assert other.graph(f"v1.0/users/{user}", "PATCH", wanted | {"accountEnabled": False}).status_code == 403
    for nonsense in ({"passwordProfile": {}}, {"passwordProfile": "x"}, {"passwordProfile": {"password": ""}}):
        assert other.graph(f"v1.0/users/{user}", "PATCH", nonsense).status_code == 400
