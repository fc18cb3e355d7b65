"""Exchange cmdlets on mailboxes and the tenant's mail flow (record type 1). Layer: schemas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from schemas.records.audit_settings import bypass_setting, mailbox_setting, organization_setting, tenant_setting
from schemas.records.event import AuditEvent, MailboxForwarding, PermissionGrant, RuleAction, TransportRule
from schemas.records.values import Record, address, addresses, flag, pairs, split

_CONDITION_ENDS: Final = ("ContainsWords", "MatchesPatterns", "MemberOf", "Scope", "DomainIs", "MessageHeader")
_CONDITION_STARTS: Final = ("Attachment", "AnyOf", "SenderAD", "RecipientAD", "BetweenMemberOf")
_CONDITIONS: Final = frozenset(
    (
        *("From", "SentTo", "ManagerAddresses", "ManagerForEvaluatedUser", "HasClassification", "HasNoClassification"),
        *("MessageSizeOver", "WithImportance", "MessageTypeMatches", "SenderIpRanges", "SCLOver", "HasSenderOverride"),
        *(
            "SenderInRecipientList",
            "RecipientInSenderList",
            "SenderManagementRelationship",
            "MessageContainsDataClassifications",
        ),
    )
)


def mailbox_name(identity: str) -> str | None:
    """Alias, UPN or GUID of the mailbox in an identity, lower case.

    `ada.quill\\Rule / name`, `ada.quill:\\Inbox` and `…/org.onmicrosoft.com/Ada.Quill` are all ada.quill; a rule's name may
    itself hold slashes, so the first backslash is cut before the last slash.
    """
    owner = identity.partition("\\")[0].strip().removesuffix(":")
    return owner.rsplit("/", 1)[-1].strip().lower() or None


def concern_mailbox(event: AuditEvent, *identities: str | None) -> str | None:
    """The mailbox named by the first identity with an address, else by the first at all; fills mailbox or target.

    Own when it equals the actor's UPN or its local part. An alias of somebody else stays an alias: the identity map knows.
    """
    named: str | None = None
    for identity in identities:
        name = mailbox_name(identity) if identity else None
        if name is not None and (named is None or ("@" in name and "@" not in named)):
            named = name
    if named is None:
        return None
    if "@" in event.user and named in (event.user, event.user.partition("@")[0]):
        event.mailbox = event.mailbox or event.user
    else:
        event.target = named
    return named


def read_target(event: AuditEvent, obj: Record) -> None:
    """A cmdlet on a mailbox of which only the mailbox matters."""
    given = pairs(obj.get("Parameters"))
    held = obj.get("ObjectId")
    concern_mailbox(event, given.get("Mailbox"), given.get("Identity"), held if type(held) is str else None)


def _grantee(value: str) -> str | None:
    """First name of a grant, its directory path cut."""
    parts = split(value)
    return address(parts[0].rsplit("/", 1)[-1]) or None if parts else None


def read_set_mailbox(event: AuditEvent, obj: Record) -> None:
    """Set-Mailbox: forwarding when a Forwarding parameter is given, else less audit, else a SendOnBehalf grant, else audit
    as it should be, else nothing."""
    given = pairs(obj.get("Parameters"))
    held = obj.get("ObjectId")
    mailbox = concern_mailbox(event, given.get("Identity"), held if type(held) is str else None)
    audit = mailbox_setting(obj.get("Parameters"), given, mailbox)
    if "ForwardingSmtpAddress" in given or "ForwardingAddress" in given:
        to = given.get("ForwardingSmtpAddress", "").strip() or given.get("ForwardingAddress", "").strip()
        event.detail = MailboxForwarding(
            to=(address(to.rsplit("/", 1)[-1] if "@" not in to else to) or None) if to else None,
            keep_copy=flag(given.get("DeliverToMailboxAndForward")),
            audit=audit,
        )
    elif given.get("GrantSendOnBehalfTo") and (audit is None or (audit.on and not audit.off)):
        event.detail = PermissionGrant(mailbox, _grantee(given["GrantSendOnBehalfTo"]), "SendOnBehalf")
    else:
        event.detail = audit


def read_bypass(event: AuditEvent, obj: Record) -> None:
    """Set-MailboxAuditBypassAssociation: the target is the account whose acts are no longer audited."""
    read_target(event, obj)
    event.detail = bypass_setting(obj.get("Parameters"), event.target or event.mailbox)


def read_tenant_audit(event: AuditEvent, obj: Record) -> None:
    """Set-AdminAuditLogConfig."""
    event.detail = tenant_setting(obj.get("Parameters"))


def read_organization(event: AuditEvent, obj: Record) -> None:
    """Set-OrganizationConfig, of which only the audit of all mailboxes matters."""
    event.detail = organization_setting(obj.get("Parameters"))


def read_grant(event: AuditEvent, obj: Record) -> None:
    """Add-MailboxPermission (User), Add-RecipientPermission (Trustee), folder permissions (Identity `alias:\\Inbox`)."""
    given = pairs(obj.get("Parameters"))
    held = obj.get("ObjectId")
    mailbox = concern_mailbox(event, given.get("Identity"), held if type(held) is str else None)
    grantee = _grantee(given.get("User") or given.get("Trustee") or given.get("Delegate") or "")
    event.detail = PermissionGrant(mailbox, grantee, given.get("AccessRights", ""))


def _is_condition(name: str) -> bool:
    if name.startswith("ExceptIf"):
        return False
    return name in _CONDITIONS or name.endswith(_CONDITION_ENDS) or name.startswith(_CONDITION_STARTS)


def _read_transport_rule(action: RuleAction) -> Callable[[AuditEvent, Record], None]:
    def read(event: AuditEvent, obj: Record) -> None:
        given = pairs(obj.get("Parameters"))
        held = obj.get("ObjectId")
        name = given.get("Name") or given.get("Identity") or (held if type(held) is str else None)
        words: list[str] = []
        for key, value in given.items():
            if key.endswith(("ContainsWords", "MatchesPatterns")) and not key.startswith("ExceptIf"):
                words += split(value)
        event.detail = TransportRule(
            action=action,
            name=name.rsplit("\\", 1)[-1] if name else None,
            copy_to=tuple(
                found for key in ("BlindCopyTo", "CopyTo", "AddToRecipients") for found in addresses(given.get(key))
            ),
            redirect_to=addresses(given.get("RedirectMessageTo")),
            delete=flag(given.get("DeleteMessage")) is True,
            words=tuple(words),
            conditions=tuple(sorted(key for key, value in given.items() if value and _is_condition(key))),
            audit_suppressed=given.get("SetAuditSeverity", "").lower() == "donotaudit",
        )

    return read


_TARGET_ONLY: Final = (
    *("set-casmailbox", "set-mailboxautoreplyconfiguration", "set-user"),
    *("remove-mailboxpermission", "remove-recipientpermission", "remove-mailboxfolderpermission", "new-mailbox"),
    *("remove-mailbox", "enable-mailbox", "disable-mailbox", "set-mailboxjunkemailconfiguration"),
    *("set-mailboxregionalconfiguration", "set-mailboxmessageconfiguration", "set-calendarprocessing"),
)
READERS: Final[dict[str, Callable[[AuditEvent, Record], None]]] = {
    **dict.fromkeys(_TARGET_ONLY, read_target),
    "set-mailbox": read_set_mailbox,
    "set-mailboxauditbypassassociation": read_bypass,
    "set-adminauditlogconfig": read_tenant_audit,
    "set-organizationconfig": read_organization,
    **dict.fromkeys(
        (
            "add-mailboxpermission",
            "add-recipientpermission",
            "add-mailboxfolderpermission",
            "set-mailboxfolderpermission",
        ),
        read_grant,
    ),
    **{f"{action.value}-transportrule": _read_transport_rule(action) for action in RuleAction},
}
