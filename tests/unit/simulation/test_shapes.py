"""Generated records have the members and types of real ones."""

from __future__ import annotations

import gzip
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from .conftest import Small, generate

Key = tuple[int, str]
# Members that the current schema documents and the older samples of that record type do not have.
NEWER = {"AppAccessContext", "SendAsUserMailboxGuid", "SendAsUserSmtp", "SendOnBehalfOfUserMailboxGuid",
         "SendOnBehalfOfUserSmtp", "recipientCount", "recipientList", "ClientAppId"}  # fmt: skip


def audit_records(value: Any) -> Iterator[dict[str, Any]]:
    """Audit records anywhere inside a sample line."""
    if isinstance(value, str) and value[:1] in "{[":
        try:
            yield from audit_records(orjson.loads(value))
        except orjson.JSONDecodeError:
            return
    elif isinstance(value, list):
        for item in value:
            yield from audit_records(item)
    elif isinstance(value, dict):
        if isinstance(value.get("RecordType"), int) and isinstance(value.get("Operation"), str):
            yield value
        else:
            for item in value.values():
                yield from audit_records(item)


def real_records(folder: Path) -> Iterator[tuple[bool, dict[str, Any]]]:
    """All public samples; True for those of the one real tenant whose records are complete."""
    with gzip.open(folder / "invictus" / "auditdata_unique.jsonl.gz") as stream:
        for line in stream:
            yield True, orjson.loads(line)
    for path in sorted(folder.glob("*/events.jsonl")):
        for line in path.read_bytes().splitlines():
            for record in audit_records(orjson.loads(line)):
                yield False, record


def test_members_and_types_are_those_of_real_records(test_data: Path, tmp_path: Path) -> None:
    generated = generate(tmp_path, missing_fields=0.0)
    mine: dict[Key, list[dict[str, Any]]] = defaultdict(list)
    for _, body in generated.bodies():
        if "RecordType" in body:
            mine[body["RecordType"], body["Operation"]].append(body)
    always: dict[Key, set[str]] = {}
    ever: dict[int, set[str]] = defaultdict(set)
    types: dict[tuple[int, str], set[type]] = defaultdict(set)
    for complete, record in real_records(test_data):
        key = (record["RecordType"], record["Operation"])
        ever[record["RecordType"]] |= set(record)
        for name, value in record.items():
            types[record["RecordType"], name].add(type(value))
        if complete and key in mine:
            always[key] = always.get(key, set(record)) & set(record)
    assert len(always) > 10
    for key, bodies in mine.items():
        members = set().union(*bodies)
        assert always.get(key, set()) - members <= {"SessionId"}, key
        assert members - ever[key[0]] <= NEWER, key
        for name in members - NEWER:
            assert {type(body[name]) for body in bodies if name in body} <= types[key[0], name], (key, name)


def test_logon_and_sign_in_share_one_identity(small: Small) -> None:
    signins = {uid: body for uid, body in small.bodies() if "createdDateTime" in body}
    logons = [body for _, body in small.bodies() if body.get("RecordType") == 15 and body["UserId"] != "Not Available"]
    assert logons
    for body in logons:
        assert body["Id"] == body["IntraSystemId"]
        row = signins[body["Id"]]
        assert row["createdDateTime"] == body["CreationTime"] + "Z"
        assert row["ipAddress"] == body["ActorIpAddress"]


def test_cmdlets_show_a_port_and_mailbox_servers_a_line_end(small: Small) -> None:
    for _, body in small.bodies():
        if body.get("RecordType") == 1 and body["UserType"] == 2 and "ClientIP" in body:
            assert body["ClientIP"].rpartition(":")[2].isdigit()
        if body.get("RecordType") in (2, 3, 50) and "OriginatingServer" in body:
            assert body["OriginatingServer"].endswith("\r\n")


def test_failed_logons_mostly_claim_success(small: Small) -> None:
    words = [
        b["ResultStatus"] for _, b in small.bodies() if b.get("Operation") == "UserLoginFailed" and "ResultStatus" in b
    ]
    assert words.count("Success") > len(words) / 2
