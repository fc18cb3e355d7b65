"""Whom a record concerns: a test for each row of the design's table, from vendor bytes to keys and roles."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from schemas.identity.concerns import SYSTEM_KEY, UNKNOWN_NETWORK, Role, concerns
from schemas.identity.identity_map import IdentityMap
from schemas.records.decode import decode
from tests.unit.records import samples
from tests.unit.records.samples import ADA, ADMIN, APP, BEN, SYSTEM

Concern = tuple[str, Role]
CFO = "cfo.mailbox@northgate.example"


def told(record: dict[str, Any], identity_map: IdentityMap | None = None) -> list[Concern]:
    """Keys and roles of a record."""
    return concerns(decode(orjson.dumps(record)), identity_map or IdentityMap(("northgate.example",)))


def known(*records: dict[str, Any]) -> IdentityMap:
    """A map that has learnt from these records."""
    identity_map = IdentityMap(("northgate.example",))
    for record in records:
        identity_map.learn(decode(orjson.dumps(record)))
    return identity_map


@pytest.mark.parametrize(
    "record",
    [
        samples.new_inbox_rule(),
        samples.set_mailbox(),
        samples.send(),
        samples.mail_items_accessed(),
        samples.update_inbox_rules(),
        samples.logon(),
        samples.sign_in(),
        samples.file_downloaded(),
        samples.consent(),
        samples.new_transport_rule(UserId=ADA),
        samples.management("SomethingNew", 9999),
    ],
)
def test_own_act(record: dict[str, Any]) -> None:
    """The actor, and nobody else: the own mailbox is not a second account."""
    assert told(record) == [(ADA, Role.ACTOR)]


def test_spelling_does_not_matter() -> None:
    """UPNs vary in case between workloads."""
    assert told(samples.send(UserId="ADA.QUILL@NORTHGATE.EXAMPLE")) == [(ADA, Role.ACTOR)]
    assert told(samples.send(MailboxOwnerUPN="Ada.Quill@Northgate.example ")) == [(ADA, Role.ACTOR)]


@pytest.mark.parametrize("operation", ["MailItemsAccessed", "HardDelete", "UpdateInboxRules", "Create"])
def test_delegate_in_another_mailbox(operation: str) -> None:
    """Ada in Ben's mailbox: Ada first, Ben's mailbox beside."""
    record = samples.mailbox_record(operation, 2, MailboxOwnerUPN=BEN, LogonType=2)
    assert told(record) == [(ADA, Role.ACTOR), (BEN, Role.MAILBOX)]


def test_delegate_with_the_mailbox_known_by_its_guid() -> None:
    """A record that names the mailbox by GUID only."""
    other = samples.send(UserId=BEN, MailboxOwnerUPN=BEN, MailboxGuid="99e1b7f4-9f2d-4a43-8f9e-7d0a8f6c1234")
    record = samples.mail_items_accessed(MailboxGuid="99E1B7F4-9f2d-4a43-8f9e-7d0a8f6c1234")
    del record["MailboxOwnerUPN"]
    assert told(record, known(other)) == [(ADA, Role.ACTOR), (BEN, Role.MAILBOX)]
    assert told(record) == [(ADA, Role.ACTOR)]


@pytest.mark.parametrize(
    "members",
    [
        {"ClientInfoString": "Client=REST;Client=RESTSystem;;", "ClientAppId": APP.upper(), "UserId": "S-1-5-18-x"},
        {"UserId": f"ServicePrincipal_{APP}", "UserType": 6},
        {"UserId": APP, "UserType": 5, "AppId": APP},
        {"UserId": "", "ClientAppId": APP},
    ],
)
def test_application_reads_a_mailbox(members: dict[str, Any]) -> None:
    """The application first, the mailbox beside; a user whose name stands there did nothing."""
    record = samples.mail_items_accessed(**{"MailboxOwnerUPN": BEN, "AppId": "", **members})
    assert told(record) == [(f"app:{APP}", Role.ACTOR), (BEN, Role.MAILBOX)]


def test_application_with_the_token_of_the_system_of_a_user() -> None:
    """Even where UserId is the owner: the act is the application's."""
    record = samples.mail_items_accessed(ClientInfoString="Client=REST;Client=RESTSystem;;", AppId=APP)
    assert told(record) == [(f"app:{APP}", Role.ACTOR), (ADA, Role.MAILBOX)]


@pytest.mark.parametrize(
    "members", [{"ClientInfoString": "Client=REST;Client=RESTSystem;;"}, {"TokenType": "AppOnly"}, {"ClientAppId": ADA}]
)
def test_a_users_name_is_never_an_applications_id(members: dict[str, Any]) -> None:
    """Mail through a REST client that names no application is the user's."""
    record = samples.send(**{"AppId": "", "ClientAppId": "", **members})
    assert told(record) == [(ADA, Role.ACTOR)]


def test_administrator_acts_and_grants() -> None:
    """Administrator, mailbox acted upon, grantee."""
    record = samples.add_mailbox_permission()
    assert told(record) == [(ADMIN, Role.ACTOR), (CFO, Role.TARGET), (ADA, Role.GRANTEE)]


def test_administrator_grants_to_oneself() -> None:
    """No key twice; the first role counts."""
    record = samples.add_mailbox_permission(
        Parameters=samples.named(Identity=CFO, User=ADMIN, AccessRights="FullAccess")
    )
    assert told(record) == [(ADMIN, Role.ACTOR), (CFO, Role.TARGET)]


def test_administrator_forwards_another_mailbox() -> None:
    """Set-Mailbox on somebody else."""
    record = samples.set_mailbox(
        UserId=ADMIN, Parameters=samples.named(Identity=BEN, ForwardingSmtpAddress="smtp:x@out.example")
    )
    assert told(record) == [(ADMIN, Role.ACTOR), (BEN, Role.TARGET)]


def test_target_by_alias_is_found_when_known() -> None:
    """Cmdlets name mailboxes by alias: known, it is the account; unknown, it is none."""
    record = samples.set_mailbox(
        UserId=ADMIN, Parameters=samples.named(Identity="ben.hart", ForwardingSmtpAddress="smtp:x@out.example")
    )
    assert told(record) == [(ADMIN, Role.ACTOR)]
    assert told(record, known(samples.send(UserId=BEN))) == [(ADMIN, Role.ACTOR), (BEN, Role.TARGET)]


def test_target_by_an_alias_of_two_is_nobody() -> None:
    """Two accounts of one local part: no guess which."""
    identity_map = IdentityMap()
    for user in (BEN, "ben.hart@south.example"):
        identity_map.learn(decode(orjson.dumps(samples.file_downloaded(UserId=user))))
    record = samples.cmdlet("Set-CASMailbox", {"Identity": "ben.hart", "ImapEnabled": "True"}, UserId=ADMIN)
    assert told(record, identity_map) == [(ADMIN, Role.ACTOR)]


@pytest.mark.parametrize(
    "members",
    [
        {"UserId": SYSTEM, "UserType": 3},
        {"UserId": "S-1-5-18", "UserType": 0},
        {"UserId": "NT Service\\MSExchangeAdminApiNetCore", "UserType": 2},
        {"UserId": "engineer@microsoft.example", "UserType": 3},
    ],
)
def test_machinery_in_a_mailbox(members: dict[str, Any]) -> None:
    """The mailbox first, as `system`."""
    record = samples.mailbox_record("HardDelete", 3, **{"MailboxOwnerUPN": BEN, **members})
    assert told(record) == [(BEN, Role.SYSTEM)]


def test_machinery_writes_a_rule_by_cmdlet() -> None:
    """The mailbox that the cmdlet names."""
    record = samples.set_mailbox(
        UserId=SYSTEM, UserType=3, Parameters=samples.named(Identity=BEN, ForwardingSmtpAddress="smtp:x@out.example")
    )
    assert told(record) == [(BEN, Role.SYSTEM)]


@pytest.mark.parametrize("user", [SYSTEM, "SecurityComplianceAlerts", "app@sharepoint", "SHAREPOINT\\system"])
def test_machinery_alone(user: str) -> None:
    """Nobody's mailbox: one account of the machinery."""
    assert told(samples.management("Set-TransportConfig", 1, UserId=user, UserType=4)) == [(SYSTEM_KEY, Role.SYSTEM)]


@pytest.mark.parametrize("user", ["Not Available", "", "Unknown", "Not-Found"])
def test_failure_of_nobody(user: str) -> None:
    """The network is all that is known."""
    record = samples.logon("UserLoginFailed", "50034", UserId=user, Actor=[], ClientIP="198.51.100.210:443")
    assert told(record) == [("net:198.51.100.210", Role.ACTOR)]
    without = {**record, "ClientIP": "", "ActorIpAddress": ""}
    assert told(without) == [(UNKNOWN_NETWORK, Role.ACTOR)]


def test_service_principal_and_its_target() -> None:
    """A service principal acts on a user."""
    principal = "2383a669-4444-49c4-a7e6-a15950ecc001"
    record = samples.consent(
        Operation="Reset user password.",
        UserId=f"ServicePrincipal_{principal}",
        Actor=[{"ID": f"ServicePrincipal_{principal}", "Type": 2}, {"ID": APP, "Type": 2}],
        Target=[{"ID": BEN, "Type": 5}],
    )
    assert told(record) == [(f"app:{APP}", Role.ACTOR), (BEN, Role.TARGET)]
    del record["Actor"]
    assert told(record)[0] == (f"app:{principal}", Role.ACTOR)


def test_service_principal_sign_in() -> None:
    """By application id."""
    record = samples.sign_in(signInEventTypes=["servicePrincipal"], userPrincipalName="", userId="", appId=APP)
    assert told(record) == [(f"app:{APP}", Role.ACTOR)]


def test_guest_as_it_is() -> None:
    """The `#EXT#` name is the account."""
    guest = "books_partner.example#EXT#@northgate.onmicrosoft.com"
    assert told(samples.file_downloaded(UserId=guest, UserType=10)) == [(guest.lower(), Role.ACTOR)]


@pytest.mark.parametrize("row", [samples.graph_trace(), samples.cmdlet_trace()])
def test_trace_outbound(row: dict[str, Any]) -> None:
    """The sender's act; the recipient is no account of the tenant."""
    assert told(row) == [(ADA, Role.ACTOR)]


def test_trace_outbound_from_another_address_of_the_account() -> None:
    """Aliases are resolved by the map."""
    identity_map = IdentityMap(("northgate.example",))
    identity_map.add_address("Sales@northgate.example", ADA)
    assert told(samples.cmdlet_trace(SenderAddress="sales@Northgate.example"), identity_map) == [(ADA, Role.ACTOR)]


@pytest.mark.parametrize("sender", ["boss@mailsink.example", "<>"])
def test_trace_inbound(sender: str) -> None:
    """The recipient's mailbox; not an act of anybody here."""
    assert told(samples.cmdlet_trace(SenderAddress=sender, RecipientAddress=BEN)) == [(BEN, Role.MAILBOX)]


def test_trace_internal() -> None:
    """Between two accounts it is the sender's act."""
    assert told(samples.cmdlet_trace(RecipientAddress=BEN)) == [(ADA, Role.ACTOR)]


@pytest.mark.parametrize(
    ("operation", "member"), [("SendAs", "SendAsUserSmtp"), ("SendOnBehalf", "SendOnBehalfOfUserSmtp")]
)
def test_sent_as_another(operation: str, member: str) -> None:
    """Who pressed send, and the mailbox sent from."""
    record = samples.send(operation, **{member: "Ben.Hart@northgate.example", "MailboxOwnerUPN": BEN})
    assert told(record) == [(ADA, Role.ACTOR), (BEN, Role.MAILBOX)]


def test_never_more_than_three() -> None:
    """Sent from one mailbox, in the folder of another: actor and two mailboxes."""
    record = samples.send("SendAs", SendAsUserSmtp="info@northgate.example", MailboxOwnerUPN=BEN)
    assert told(record) == [(ADA, Role.ACTOR), ("info@northgate.example", Role.MAILBOX), (BEN, Role.MAILBOX)]
    four = samples.add_mailbox_permission(MailboxOwnerUPN=BEN)
    assert told(four) == [(ADMIN, Role.ACTOR), (BEN, Role.MAILBOX), (CFO, Role.TARGET)]


def test_object_id_of_nobody_known_is_its_own_key() -> None:
    """Unresolved it stands for itself; learnt, it is the account."""
    record = samples.file_downloaded(UserId=samples.ADA_OID.upper())
    assert told(record) == [(samples.ADA_OID, Role.ACTOR)]
    assert told(record, known(samples.logon())) == [(ADA, Role.ACTOR)]


def test_the_map_does_not_change() -> None:
    """Asking is pure: the same answer twice, nothing learnt."""
    identity_map = IdentityMap(("northgate.example",))
    record = samples.logon()
    assert told(record, identity_map) == told(record, identity_map)
    assert list(identity_map.ids()) == []
