"""What stands out is judged by the tenant's own distribution."""

from __future__ import annotations

from typing import Any

from streams.collectors.inventory.unusual import (
    DAY_MS,
    Finding,
    administrators,
    argument,
    consents,
    credentials,
    delegates,
    flow_rules,
    methods,
    named,
    powerful,
    rare,
    senders,
)

NOW = 1_773_223_200_000
HOME = frozenset({"corp.example"})


def subjects(rows: list[Finding]) -> list[str]:
    return [row.subject for row in rows]


def application(**changes: Any) -> dict[str, Any]:
    return {"name": "Reader", "app": "app-1", "publisher": "evil", "foreign": True, "verified": False, "roles": [],
            "scopes": ["Mail.Read", "offline_access"], "users": ["ada@corp.example"]} | changes  # fmt: skip


def administrator(**changes: Any) -> dict[str, Any]:
    return {"name": "root@corp.example", "roles": ["Global Administrator"], "guest": False, "application": False,
            "mfa": True, "newest": NOW - 100 * DAY_MS} | changes  # fmt: skip


def test_the_delegate_of_many_mailboxes_stands_out_and_the_assistants_do_not() -> None:
    counts: dict[str, Any] = {f"assistant{n}@corp.example": [1, [f"boss{n}@corp.example"]] for n in range(40)}
    assert delegates(counts, 300, HOME) == []
    counts["svc@corp.example"] = [37, ["a@corp.example"]]
    (row,) = delegates(counts, 300, HOME)
    assert row.subject == "svc@corp.example" and "37 of 300" in row.sentence and "1 at most" in row.sentence


def test_where_everybody_is_delegate_of_many_nobody_stands_out() -> None:
    assert delegates({f"d{n}@corp.example": [9, []] for n in range(80)}, 300, HOME) == []


def test_a_delegate_from_outside_stands_out() -> None:
    counts = {"x@evil.example": [1, ["ada@corp.example"]], "g_x.example#ext#@corp.example": [1, []], "ada": [1, []]}
    assert subjects(delegates(counts, 9, HOME)) == ["g_x.example#ext#@corp.example", "x@evil.example"]


def test_who_may_send_as_others_from_outside_stands_out_and_is_not_said_to_open_mailboxes() -> None:
    (row,) = senders({"x@evil.example": ["ada", "bob"], "eve@corp.example": ["ada"], "Helpdesk": ["ada"]}, HOME)
    assert row == ("x@evil.example", "Somebody from outside may send as ada, bob.",
                   "Get-RecipientPermission -Trustee x@evil.example")  # fmt: skip


def test_a_mail_flow_rule_that_sends_mail_out_of_the_tenant_stands_out() -> None:
    rules = [["Journal", ["copy@evil.example", "archive@corp.example"]], ["Inside", ["archive@corp.example"]]]
    (row,) = flow_rules(rules, HOME)
    assert row.subject == "Journal" and row.look == "Get-TransportRule -Identity Journal"
    assert row.sentence == "A mail flow rule of the whole tenant sends mail to copy@evil.example."


def test_one_users_consent_to_a_stranger_stands_out() -> None:
    (row,) = consents([application()], 300)
    assert "One user (ada@corp.example) gave Mail.Read" in row.sentence and "no other application" in row.sentence


def test_ordinary_applications_do_not_stand_out() -> None:
    ordinary = [
        application(foreign=False),
        application(verified=True),
        application(scopes=["User.Read"]),
        application(users=[]),  # an administrator consented for everybody
        application(users=[f"user{n}@corp.example" for n in range(11)]),
    ]
    assert consents(ordinary, 300) == []


def test_roles_of_its_own_count_more_than_consents() -> None:
    (row,) = consents([application(roles=["Mail.ReadWrite", "User.Read.All"])], 300)
    assert "holds Mail.ReadWrite in its own right" in row.sentence


def test_a_new_credential_and_one_of_several_stand_out() -> None:
    old = {"name": "Old", "app": "1", "starts": [NOW - 200 * DAY_MS], "secrets": 1, "direct": False}
    fresh = old | {"name": "Fresh", "starts": [NOW - 3 * DAY_MS]}
    several = old | {"name": "Several", "secrets": 2}
    direct = old | {"name": "Direct", "direct": True}
    rows = credentials([old, fresh, several, direct], NOW)
    assert subjects(rows) == ["Fresh", "Several", "Direct"]
    assert "3 days old" in rows[0].sentence
    assert credentials([several] * 40, NOW) == []


def test_administrators_without_second_factor_guests_and_new_methods() -> None:
    assert administrators([administrator()], NOW) == []
    assert administrators([administrator(mfa=None)], NOW) == []
    assert "no second factor" in administrators([administrator(mfa=False)], NOW)[0].sentence
    assert "guest" in administrators([administrator(guest=True)], NOW)[0].sentence
    assert "2 days ago" in administrators([administrator(newest=NOW - 2 * DAY_MS)], NOW)[0].sentence
    assert "application" in administrators([administrator(application=True, mfa=False)], NOW)[0].sentence
    many = [administrator(name=f"root{n}@corp.example") for n in range(6)]
    assert "6 accounts" in administrators(many, NOW)[0].sentence


def test_a_method_that_hardly_anybody_has_stands_out_in_a_tenant_of_some_size() -> None:
    holders: dict[str, Any] = {"mobilePhone": [90, []], "email": [1, ["ada@corp.example"]]}
    assert subjects(methods(holders, 100)) == ["ada@corp.example"]
    assert methods(holders, 20) == []


def test_a_hostile_name_cannot_make_another_command() -> None:
    assert argument("ada.quill@corp.example") == "ada.quill@corp.example"
    assert argument("a'; Remove-Mailbox b") == "'a''; Remove-Mailbox b'"
    assert argument("a\u2019; Remove-Mailbox b") == "'a\u2019\u2019; Remove-Mailbox b'"
    assert argument("-Confirm") == "'-Confirm'" and argument("$(x)") == "'$(x)'" and argument("") == "''"


def test_small_things() -> None:
    assert not rare(0, 10) and rare(3, 4) and rare(5, 100) and not rare(6, 100)
    assert named(["c", "a", "b", "d"]) == "a, b, c and 1 more"
    assert powerful(["mail.read", "User.Read"]) == ["mail.read"]
