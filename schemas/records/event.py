"""One normalised audit record. Layer: schemas.

`AuditEvent` is what every vendor source becomes and the only form in which detectors see a record: dictionaries stop in
the source modules. An event is immutable by convention (the dataclasses are not frozen because freezing doubles the cost
of construction, and one is built for every record).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Source(StrEnum):
    """Vendor feed a record belongs to. The value is durable (log header `source`, evidence identity)."""

    MANAGEMENT = "management"  # Office 365 Management Activity / unified audit log record, whatever wrapped it
    SIGNIN = "signin"  # Microsoft Graph sign-in
    TRACE = "trace"  # message trace row
    DIRECTORY = "directory"  # Microsoft Graph directory audit
    RISK = "risk"  # Identity Protection: risk detections, risky users and workloads
    DIAGNOSTIC = "diagnostic"  # a known category of Event Hubs that no detector reads
    INVENTORY = "inventory"  # what was already there when the collector looked: rules, forwarding


class Failure(StrEnum):
    """What a failed sign-in says about the person at the keyboard (reference: graph-signins, 2)."""

    BAD = "bad"  # the credential was wrong, or the account does not exist
    PASSWORD_KNOWN = "password_known"  # the password was right; something after it was not
    BLOCKED = "blocked"  # policy refused
    INTERRUPT = "interrupt"  # a step of an ordinary flow, not a failure
    CONFIG = "config"  # application or tenant misconfigured


class RuleAction(StrEnum):
    """What was done to an inbox, sweep or transport rule."""

    NEW = "new"
    SET = "set"
    REMOVE = "remove"
    ENABLE = "enable"
    DISABLE = "disable"
    FOUND = "found"  # it was there when the inventory looked; nobody knows since when


@dataclass(slots=True, eq=False)
class SignIn:
    """Detail of an interactive or token sign-in (Graph sign-in, or Entra STS logon of the audit log).

    `error` is the AADSTS code (0: success). `failure` is None exactly when the sign-in succeeded. `latitude`, `longitude`
    are degrees. `device` is the registered device id, "" when the record says that there is none, None when it does not
    say. `request_id` is shared by the Graph sign-in and the audit-log logon of the same act.
    """

    error: int
    failure: Failure | None
    request_id: str | None = None
    interactive: bool | None = None
    request_type: str | None = None  # STS RequestType, e.g. "OAuth2:Authorize"
    client_app: str | None = None  # clientAppUsed
    protocol: str | None = None  # authenticationProtocol
    resource: str | None = None
    os: str | None = None
    browser: str | None = None
    device: str | None = None
    managed: bool | None = None
    compliant: bool | None = None
    mfa_by_claim: bool = False  # "MFA requirement satisfied by claim in the token"
    country: str | None = None  # ISO 3166 alpha-2, upper case
    city: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    asn: int | None = None
    risk: str | None = None  # riskLevelDuringSignIn, when it says anything


@dataclass(slots=True, eq=False)
class InboxRule:
    """Detail of an inbox or sweep rule change, cmdlet form and Outlook form alike.

    `conditions` are the names of the conditions in force, in the cmdlet's spelling (`SubjectContainsWords`, `From`);
    empty means: applies to all mail. A condition that matches everything (a NUL or empty word, a minimum size of a byte
    or two) is not listed but sets `catch_all`. `words` are condition texts; `senders` the addresses of From conditions.
    `forward_to` unites forward, forward as attachment and redirect. `blank` marks the value-less records that desktop
    Outlook writes in hundreds when it re-synchronises: they say that nothing is known, not that the rule is empty.
    """

    action: RuleAction
    form: str  # "cmdlet", "outlook" or "sweep"
    name: str | None
    rule_id: str | None = None
    conditions: tuple[str, ...] = ()
    catch_all: bool = False
    words: tuple[str, ...] = ()
    senders: tuple[str, ...] = ()
    delete: bool = False
    mark_read: bool = False
    stop: bool = False
    move_to: str | None = None
    copy_to: str | None = None
    forward_to: tuple[str, ...] = ()  # addresses as given, lower case
    by_app_only: bool = False
    blank: bool = False
    hidden: bool = False  # an inventory saw that Outlook and Graph do not show it


@dataclass(slots=True, eq=False)
class MailboxForwarding:
    """Detail of mailbox-level forwarding (`Set-Mailbox -ForwardingSmtpAddress` / `-ForwardingAddress`).

    `to` is the lower-case address or recipient name; None means that forwarding was cleared.
    """

    to: str | None
    keep_copy: bool | None = None  # DeliverToMailboxAndForward
    audit: AuditSetting | None = None  # what the same Set-Mailbox said of auditing


class AuditScope(StrEnum):
    """What a change of auditing is about."""

    TENANT = "tenant"
    ACCOUNT = "account"  # whatever one account does, in all mailboxes (audit bypass)
    MAILBOX = "mailbox"


@dataclass(slots=True, eq=False)
class AuditSetting:
    """Detail of a change of what is audited, and of how long it is kept.

    Set-AdminAuditLogConfig and Set-OrganizationConfig (tenant), Set-MailboxAuditBypassAssociation (account), Set-Mailbox.
    `off` and `on` are the parameters, in the cmdlet's spelling, that leave auditing off and on: `AuditDisabled` True and
    `AuditBypassEnabled` True are off. `owner`, `delegate`, `admin` are the acts audited from now on, in lower case: () none,
    None not said. `removed` are acts that `@{Remove=...}` takes out of any of the three.
    """

    scope: AuditScope
    name: str | None = None  # account or mailbox: UPN, alias or GUID, lower case
    off: tuple[str, ...] = ()
    on: tuple[str, ...] = ()
    owner: tuple[str, ...] | None = None
    delegate: tuple[str, ...] | None = None
    admin: tuple[str, ...] | None = None
    removed: tuple[str, ...] = ()
    kept_hours: float | None = None  # AuditLogAgeLimit, AdminAuditLogAgeLimit


@dataclass(slots=True, eq=False)
class TransportRule:
    """Detail of a tenant-wide mail flow rule change. Addresses are lower case, `words` are condition texts."""

    action: RuleAction
    name: str | None
    copy_to: tuple[str, ...] = ()  # BlindCopyTo, CopyTo, AddToRecipients
    redirect_to: tuple[str, ...] = ()
    delete: bool = False
    words: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    audit_suppressed: bool = False  # SetAuditSeverity DoNotAudit


@dataclass(slots=True, eq=False)
class MailSent:
    """Detail of Send, SendAs, SendOnBehalf. `recipients` is None when the record does not carry them (the usual case)."""

    message_id: str | None = None
    recipients: tuple[str, ...] | None = None  # lower-case addresses, at most 1,000
    recipient_count: int | None = None  # may exceed len(recipients)
    sent_from: str | None = None  # SendAsUserSmtp / SendOnBehalfOfUserSmtp, lower case


@dataclass(slots=True, eq=False)
class TraceRow:
    """Detail of one message trace row: one message to one recipient."""

    message_id: str | None
    sender: str  # lower case, "" for the null sender
    recipient: str  # lower case
    status: str  # lower case: delivered, failed, filteredasspam, ...


@dataclass(slots=True, eq=False)
class MailAccess:
    """Detail of MailItemsAccessed."""

    sync: bool
    items: int
    throttled: bool


@dataclass(slots=True, eq=False)
class MailDeletion:
    """Detail of HardDelete, SoftDelete, MoveToDeletedItems."""

    kind: str  # the operation
    items: int
    folders: tuple[str, ...] = ()


@dataclass(slots=True, eq=False)
class PermissionGrant:
    """Detail of Add-MailboxPermission, Add-RecipientPermission, Add-MailboxFolderPermission."""

    mailbox: str | None  # as given, lower case
    grantee: str | None  # as given, lower case
    rights: str


@dataclass(slots=True, eq=False)
class DirectoryAudit:
    """Detail of a change in the directory: Graph directory audit, or record type 8 of the audit log. Its activity is the
    event's operation.

    Both feeds tell of the same act. `act` is then equal in both (a hash of correlation id, operation, first target and
    changed values): one fact, to be counted once. `ip` is told by either feed; the Graph audit's is only here and not in
    the event, because the audit log's record or the sign-in is the sighting of its actor.
    """

    category: str | None = None  # "ApplicationManagement"; of the audit log "ServicePrincipal"
    result: str | None = None  # lower case: success, failure, timeout
    reason: str | None = None  # resultReason
    service: str | None = None  # loggedByService
    act: str | None = None  # 32 hex digits; None: the record has no correlation id
    app: str | None = None  # display name of the application that acted
    principal: str | None = None  # object id of the service principal that acted, lower case
    targets: tuple[tuple[str, str, str], ...] = ()  # (type, id or UPN in lower case, display name), at most 16
    changes: tuple[tuple[str, str, str], ...] = ()  # (property, old, new), at most 32, JSON text opened, values cut
    ip: str | None = None


@dataclass(slots=True, eq=False)
class RiskDetection:
    """Detail of what Identity Protection says of a sign-in, a user or a workload.

    `kind` is the vendor's riskEventType ("unfamiliarFeatures"), "" for the state of a risky user or workload. `detection` is
    the vendor's id of it, the same from Graph and from the audit log; `request_id` the id of the sign-in that it is about.
    The address is that of the risky act and stands only here: this record is nobody's own act.
    """

    kind: str
    detection: str | None = None
    level: str | None = None  # lower case: low, medium, high, none, hidden (not licensed)
    state: str | None = None  # riskState: atRisk, confirmedCompromised, remediated, dismissed, confirmedSafe, none
    reason: str | None = None  # riskDetail: why the state is what it is
    timing: str | None = None  # detectionTimingType: realtime, nearRealtime, offline
    activity: str | None = None  # signin, user, servicePrincipal
    request_id: str | None = None
    detected_ms: int | None = None  # UTC milliseconds
    updated_ms: int | None = None  # UTC milliseconds; of two contents of one id the later counts
    ip: str | None = None
    country: str | None = None  # ISO 3166 alpha-2, upper case
    city: str | None = None


Detail = (
    SignIn
    | InboxRule
    | MailboxForwarding
    | AuditSetting
    | TransportRule
    | MailSent
    | TraceRow
    | MailAccess
    | MailDeletion
    | PermissionGrant
    | DirectoryAudit
    | RiskDetection
)


@dataclass(slots=True, eq=False)
class AuditEvent:
    """One vendor record, normalised.

    Strings that name people, mailboxes and applications are lower case; ids keep the vendor's case. Absent fields are None.
    """

    source: Source
    record_id: str  # UAL `Id`, sign-in `id`, trace `id|recipient` (lower case), else `sha256:` + 32 hex digits
    tenant: str  # OrganizationId / resource tenant, lower case; "" when the record does not say (trace rows)
    time_ms: int  # event time, UTC milliseconds
    operation: str  # trimmed, one trailing dot removed, dashes ASCII: "New-InboxRule", "Consent to application"
    workload: str  # "Exchange", "AzureActiveDirectory", ...; "SignIn", "MessageTrace", "IdentityProtection" of Graph
    user: str  # who acted: lower-case UPN, GUID, or the vendor's special form; "" when unknown
    record_type: int | None = None
    user_type: int | None = None
    ok: bool | None = None  # None: the record does not say
    ip: str | None = None  # canonical text of an address; None when absent or malformed
    session: str | None = None  # Entra session id, lower case
    token: str | None = None  # unique token id, case-sensitive
    user_agent: str | None = None
    app: str | None = None  # client application id, lower case
    app_only: bool = False  # acted with the application's own token, no user behind it
    mailbox: str | None = None  # UPN of the mailbox touched (MailboxOwnerUPN, trace recipient), lower case
    mailbox_guid: str | None = None
    target: str | None = None  # UPN, id or alias of another account acted upon, lower case
    user_ids: tuple[tuple[str, str], ...] = ()  # (kind, id): "oid", "puid", "mailbox" - teaches the identity map
    external: bool = False  # ExternalAccess: Microsoft's data centre or a delegated administrator
    detail: Detail | None = None
