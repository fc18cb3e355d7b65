"""The coverage matrix: what each detector can see in this tenant, what is missing, and how to get it. Layer: streams."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

EXCHANGE = "activity/Audit.Exchange"
DIRECTORY = "activity/Audit.AzureActiveDirectory"
SHAREPOINT = "activity/Audit.SharePoint"
INTERACTIVE = "graph/signIns/interactiveUser"
BACKGROUND = "graph/signIns/nonInteractiveUser"
TRACE = "graph/messageTraces"
INVENTORY = "inventory"  # the row of what was there before monitoring began
# Parts of the inventory (what is already there at the first start), by who tells them.
FOUND_RULES = "inventory/rules"
FOUND_BY_EXCHANGE = "inventory/exchange"
FOUND_APPLICATIONS = "inventory/applications"
FOUND_ADMINISTRATORS = "inventory/administrators"
FOUND_METHODS = "inventory/methods"


class FeedState(StrEnum):
    """How a feed stands."""

    WORKS = "works"
    OFF = "off"  # not enabled in the settings
    UNAVAILABLE = "unavailable"  # no licence or permission, or switched off in the tenant
    FAILING = "failing"


@dataclass(frozen=True, slots=True)
class Need:
    """One thing a detector wants to see. Any of the `feeds` is enough; without all of them `lost` is not seen."""

    feeds: tuple[str, ...]
    seen: str
    lost: str
    get: str
    vital: bool = False  # without it the detector is blind


_MAIL_AUDIT = "assign the app role ActivityFeed.Read and switch on the unified audit log"
_EXCHANGE_ROLE = "the app role Exchange.ManageAsApp and the Entra role Security Reader or Exchange Administrator"
_SIGN_INS = "Entra ID P1 and the app role AuditLog.Read.All"
NEEDS: Mapping[str, tuple[Need, ...]] = {
    "inbox-rule": (
        Need(
            (EXCHANGE,), "rules, forwarding and mail flow rules as they are made", "every new rule", _MAIL_AUDIT, True
        ),
        Need(
            (FOUND_RULES,),
            "inbox rules that were there before",
            "inbox rules made before monitoring began",
            f"{_EXCHANGE_ROLE}, or MailboxSettings.Read and User.Read.All (hidden rules stay unseen)",
        ),
        Need(
            (FOUND_BY_EXCHANGE,),
            "hidden inbox rules, forwarding and mail flow rules that were there before",
            "hidden inbox rules, forwarding and mail flow rules made before monitoring began",
            _EXCHANGE_ROLE,
        ),
    ),
    "send-surge": (
        Need(
            (EXCHANGE, TRACE),
            "messages as they are sent",
            "every burst of mail",
            f"{_MAIL_AUDIT}, or message trace: the app role ExchangeMessageTrace.Read.All",
            True,
        ),
        Need(
            (TRACE,),
            "recipients, within minutes of sending",
            "whom mail went to; a burst is then seen when the audit log tells it, an hour later or more",
            "the app role ExchangeMessageTrace.Read.All (worldwide cloud only)",
        ),
    ),
    "impossible-session": (
        Need(
            (INTERACTIVE, DIRECTORY),
            "sign-ins with their network and client",
            "how any session began",
            f"{_SIGN_INS}, or the audit log: {_MAIL_AUDIT}",
            True,
        ),
        Need(
            (BACKGROUND,),
            "tokens used in the background, with their session",
            "a stolen token that only refreshes itself",
            f"{_SIGN_INS} (beta endpoint)",
        ),
        Need(
            (EXCHANGE,),
            "sessions at work in mailboxes",
            "a stolen session that only reads mail",
            _MAIL_AUDIT,
        ),
        Need((SHAREPOINT,), "sessions at work in files", "a stolen session that only reads files", _MAIL_AUDIT),
    ),
    "password-spray": (
        Need(
            (INTERACTIVE, DIRECTORY),
            "failed and successful sign-ins",
            "every spray",
            f"{_SIGN_INS}, or the audit log: {_MAIL_AUDIT}",
            True,
        ),
    ),
    "audit-tampering": (
        Need(
            (EXCHANGE,),
            "auditing as it is switched off, bypassed or cut short",
            "the last record before the audit falls silent",
            _MAIL_AUDIT,
            True,
        ),
    ),
}

INVENTORY_NEEDS: tuple[Need, ...] = (
    Need(
        (FOUND_RULES,),
        "inbox rules of every mailbox",
        "inbox rules made before monitoring began",
        f"{_EXCHANGE_ROLE}, or MailboxSettings.Read and User.Read.All (hidden rules stay unseen)",
    ),
    Need(
        (FOUND_BY_EXCHANGE,),
        "hidden inbox rules, forwarding, mail flow rules, delegations and audit bypass",
        "hidden inbox rules, forwarding, mail flow rules, delegations and mailboxes exempt from auditing",
        _EXCHANGE_ROLE,
    ),
    Need(
        (FOUND_APPLICATIONS,),
        "applications, their credentials and the consents given to them",
        "consents and credentials of applications that were there before",
        "the app roles Application.Read.All and DelegatedPermissionGrant.Read.All, or Directory.Read.All",
    ),
    Need(
        (FOUND_ADMINISTRATORS,),
        "who is an administrator",
        "administrators made before monitoring began",
        "the app role RoleManagement.Read.Directory",
    ),
    Need(
        (FOUND_METHODS,),
        "which authentication methods every account has",
        "authentication methods added before monitoring began",
        "the app role AuditLog.Read.All and Entra ID P1; UserAuthenticationMethod.Read.All for those of administrators",
    ),
)


@dataclass(frozen=True, slots=True)
class Coverage:
    """One row: `sight` is `full`, `partial` or `blind`; `missing` are (what is not seen, how to get it)."""

    detector: str
    sight: str
    sees: tuple[str, ...]
    missing: tuple[tuple[str, str], ...]


def coverage(feeds: Mapping[str, FeedState]) -> list[Coverage]:
    """The matrix for feeds in these states; a feed that is not named is off. In the order of the detectors."""
    return [_row(detector, needs, feeds) for detector, needs in NEEDS.items()]


def inventory_coverage(parts: Mapping[str, FeedState]) -> Coverage:
    """The row of the inventory, which is no detector: what can be found that was there before monitoring began."""
    row = _row(INVENTORY, INVENTORY_NEEDS, parts)
    return row if row.sees else replace(row, sight="blind")


def _row(detector: str, needs: tuple[Need, ...], feeds: Mapping[str, FeedState]) -> Coverage:
    met = {need: any(feeds.get(feed) is FeedState.WORKS for feed in need.feeds) for need in needs}
    sees = tuple(need.seen for need in needs if met[need])
    missing = tuple((need.lost, _get(need, feeds)) for need in needs if not met[need])
    blind = any(need.vital and not met[need] for need in needs)
    return Coverage(detector, "blind" if blind else "partial" if missing else "full", sees, missing)


def _get(need: Need, feeds: Mapping[str, FeedState]) -> str:
    """How to get it; a feed that fails lacks no permission, as far as is known."""
    failing = [feed for feed in need.feeds if feeds.get(feed) is FeedState.FAILING]
    return f"let {' or '.join(failing)} answer again: it is enabled and fails" if failing else need.get
