"""What the served practice tenants are to be like. Layer: streams."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from streams.simulation.options import Recipients
from streams.simulation.service.faults import Faults

CONTENT_TYPES = ("Audit.AzureActiveDirectory", "Audit.Exchange", "Audit.SharePoint", "Audit.General", "DLP.All")
STORIES = ("seed", "dormant", "S1", "S2", "S7", "S14", "S22")

MANAGEMENT_ROLES = ("ActivityFeed.Read", "ActivityFeed.ReadDlp")
EXCHANGE_ROLES = ("Exchange.ManageAsApp",)
GRAPH_ROLES = (
    "Application.Read.All",
    "Application.ReadWrite.All",
    "AppRoleAssignment.ReadWrite.All",
    "AuditLog.Read.All",
    "AuditLogsQuery.Read.All",
    "DelegatedPermissionGrant.ReadWrite.All",
    "Directory.Read.All",
    "ExchangeMessageTrace.Read.All",
    "IdentityRiskEvent.Read.All",
    "IdentityRiskyUser.ReadWrite.All",
    "MailboxSettings.Read",
    "MailboxSettings.ReadWrite",
    "Organization.Read.All",
    "Policy.Read.All",
    "RoleManagement.Read.Directory",
    "User-PasswordProfile.ReadWrite.All",
    "User.EnableDisableAccount.All",
    "User.Read.All",
    "User.RevokeSessions.All",
    "UserAuthenticationMethod.Read.All",
)


class Resource(StrEnum):
    """An API of the practice tenant: each has its own port, as each has its own host in the real cloud."""

    LOGIN = "login"
    MANAGEMENT = "management"
    GRAPH = "graph"
    EXCHANGE = "exchange"


@dataclass(frozen=True, slots=True)
class Attack:
    """An attack that begins at `at_ms` (UTC milliseconds, practice time).

    `story`: `seed` (somebody is in already: rule with a random name that marks as read and deletes everything, minutes later
    mail to more than 9,000 outsiders within the hour), `dormant` (the same, but the rule was made before the tenant's
    first record: only the inventory shows it), or a scenario of `watchpost simulate`. `victim` is a UPN; empty: drawn.
    `pace` multiplies the attacker's pauses between steps.
    """

    story: str
    at_ms: int
    victim: str = ""
    pace: float = 1.0

    def __post_init__(self) -> None:
        if self.story not in STORIES:
            raise ValueError(f"unknown attack {self.story!r}; known: {', '.join(STORIES)}")


@dataclass(frozen=True, slots=True)
class TenantOptions:
    """One practice tenant. Equal options and equal clock give equal records.

    Records: `lateness` scales the vendor's delays (0: at once), `duplicates` is the share sent again in another blob,
    `redelivered` the share sent again days later, `missing_fields` the share lacking a member, `odd` the share of records of
    unknown type or with text for numbers. Blobs: `blob_minutes` of arrivals each, at most `blob_records`, in any order
    (`shuffle`); `late_listed` is the share listed up to three hours after its contentCreated, `empty_pages` the share of
    listings with an empty page between; `expiration_days` 20 as measured or 7 as documented. `backlog_ms`: how far before
    its start a first subscription reaches; `subscribed` are content types enabled since before the data.
    `signin_delay_minutes` is added to the visibility of sign-ins. `licences`: any of P1, P2; `audit_on`: unified audit
    logging. `audit_query_v1`: Graph's audit-log queries are in v1.0 too, as its metadata say, and not in beta alone, as
    measured. `hidden_rule`: only Exchange shows the rule of a dormant attack; `bypassed` and `unaudited`: mailboxes exempt
    from, or without, auditing; `copied_to`: an address to which a mail flow rule, made before the data, copies all mail.
    """

    seed: int = 1
    accounts: int = 60
    past_days: int = 8
    ahead_days: int = 14
    domain: str = ""
    id: str = ""
    client_id: str = ""
    client_secret: str = ""
    certificate_pem: str = ""
    federation: tuple[str, str, str] = ("", "", "")  # issuer, subject, public key (PEM; empty: any signature)
    roles: frozenset[str] = frozenset(MANAGEMENT_ROLES + EXCHANGE_ROLES + GRAPH_ROLES)
    licences: frozenset[str] = frozenset(("P1", "P2"))
    audit_on: bool = True
    recipients: Recipients = "trace"
    trace_principal: bool = True  # message trace needs a service principal of its own
    lateness: float = 1.0
    duplicates: float = 0.05
    redelivered: float = 0.0005
    missing_fields: float = 0.01
    odd: float = 0.001
    gaps: int = 2
    blob_minutes: int = 5
    blob_records: int = 400
    late_listed: float = 0.03
    shuffle: bool = True
    page_blobs: int = 200
    empty_pages: float = 0.1
    next_header: str = "NextPageUri"
    expiration_days: float = 20.0
    first_data_ms: int = 120_000
    backlog_ms: int = 22 * 3_600_000
    subscribed: tuple[str, ...] = ()
    signin_delay_minutes: float = 0.0
    attacks: tuple[Attack, ...] = ()
    hidden_rule: bool = False
    bypassed: int = 0
    unaudited: int = 0
    copied_to: str = ""
    audit_query_v1: bool = False


@dataclass(frozen=True, slots=True)
class ServiceOptions:
    """The service: its folder (certificates, spool, secrets, settings), tenants, ports (0: any) and faults.

    `sent`: also log everything served into `folder/served`, verbatim and in order. `gzip`: compress when asked for.
    `event_hub`: sign-ins and directory audits are sent there too (`HOST:PORT/TOPIC`), as by a diagnostic setting.
    """

    folder: Path
    tenants: tuple[TenantOptions, ...] = (TenantOptions(),)
    host: str = "localhost"
    ports: tuple[int, int, int, int, int] = (0, 0, 0, 0, 0)  # login, management, graph, exchange, managed identity
    faults: Faults = field(default_factory=Faults)
    sent: bool = False
    gzip: bool = False
    event_hub: str = ""
