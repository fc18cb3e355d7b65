"""What is unusual in a tenant, judged by the tenant's own distribution: pure functions. Layer: streams.

Nothing here is an alarm. Each finding is one true sentence about somebody or something, and how to look at it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from schemas.text import printable

DAY_MS: Final = 86_400_000
FINDINGS_MAX: Final = 200  # rows of one kind that are kept
NAME_MAX: Final = 80
RARE_SHARE: Final = 0.05
RARE_FEW: Final = 3
PEOPLE_MIN: Final = 50  # below that a rare method says nothing
MANY_MAILBOXES: Final = 5
NEW_CREDENTIAL_DAYS: Final = 30
NEW_METHOD_DAYS: Final = 7
GLOBAL_ADMINISTRATORS_MAX: Final = 5  # Microsoft's own advice
POWERFUL: Final = frozenset(
    name.lower()
    for name in (
        *("Mail.Read", "Mail.ReadWrite", "Mail.Send", "Mail.Read.Shared", "Mail.ReadWrite.Shared", "Mail.Send.Shared"),
        *("MailboxSettings.ReadWrite", "EWS.AccessAsUser.All", "IMAP.AccessAsUser.All", "POP.AccessAsUser.All"),
        *("SMTP.Send", "full_access_as_app", "Exchange.ManageAsApp", "Files.Read.All", "Files.ReadWrite.All"),
        *("Sites.Read.All", "Sites.ReadWrite.All", "Sites.FullControl.All", "Directory.ReadWrite.All"),
        *("Application.ReadWrite.All", "AppRoleAssignment.ReadWrite.All", "RoleManagement.ReadWrite.Directory"),
        *("User.ReadWrite.All", "UserAuthenticationMethod.ReadWrite.All", "Directory.AccessAsUser.All"),
    )
)


_PLAIN: Final = re.compile(r"[A-Za-z0-9_.@+][A-Za-z0-9_.@+-]*")
_QUOTES: Final = re.compile("(['\u2018\u2019\u201a\u201b])")  # PowerShell takes each of them for a single quote


class Finding(NamedTuple):
    """One row: about whom or what, one true sentence, how to look at it."""

    subject: str
    sentence: str
    look: str


def finding(subject: str, sentence: str, look: str) -> Finding:
    """A row, safe to show."""
    return Finding(printable(subject, NAME_MAX), printable(sentence, 400), printable(look, 200))


def argument(name: str) -> str:
    """A name as one argument of a PowerShell command: quoted unless it is plain, every kind of quotation mark doubled."""
    if _PLAIN.fullmatch(name):
        return name
    return "'" + _QUOTES.sub(r"\1\1", name) + "'"


def rare(count: int, whole: int) -> bool:
    """Few enough to stand out: a twentieth, or three."""
    return 0 < count <= max(RARE_FEW, RARE_SHARE * whole)


def named(names: Iterable[str], shown: int = 3) -> str:
    """The first few of some names."""
    held = sorted(names)
    more = f" and {len(held) - shown} more" if len(held) > shown else ""
    return ", ".join(printable(name, NAME_MAX) for name in held[:shown]) + more


def powerful(scopes: Iterable[str]) -> list[str]:
    """Those that read or send mail, read all files, or change the directory."""
    return sorted(scope for scope in scopes if scope.lower() in POWERFUL)


def delegates(counts: Mapping[str, Sequence[Any]], mailboxes: int, domains: frozenset[str]) -> list[Finding]:
    """`counts`: delegate to (number of mailboxes, the first of them). Many mailboxes, and delegates from outside."""
    rows = []
    numbers = sorted((int(held[0]) for held in counts.values()), reverse=True)
    for who, (number, first) in sorted(counts.items()):
        look = f"Get-MailboxPermission -Identity {argument(first[0] if first else who)}"
        if _from_outside(who, domains):
            rows.append(finding(who, f"Somebody from outside may open {named(first)}.", look))
        alike = sum(1 for other in numbers if other >= number)
        if number >= MANY_MAILBOXES and rare(alike, len(numbers)):
            others = next((other for other in numbers if other < number), 0)
            text = (
                f"May open {number} of {mailboxes} mailboxes; others here may open {others} at most."
                if alike == 1
                else f"May open {number} of {mailboxes} mailboxes, as only {alike} of {len(numbers)} delegates may."
            )
            rows.append(finding(who, text, look))
    return rows


def senders(held: Mapping[str, Sequence[str]], domains: frozenset[str]) -> list[Finding]:
    """`held`: who may send as others, to the first of those mailboxes. Those from outside."""
    return [
        finding(who, f"Somebody from outside may send as {named(boxes)}.",
                f"Get-RecipientPermission -Trustee {argument(who)}")
        for who, boxes in sorted(held.items())
        if _from_outside(who, domains)
    ]  # fmt: skip


def flow_rules(rules: Iterable[Sequence[Any]], domains: frozenset[str]) -> list[Finding]:
    """`rules`: name and targets of mail flow rules. Those that send mail out of the tenant."""
    rows = []
    for name, targets in rules:
        outside = [target for target in targets if target.rpartition("@")[2] not in domains]
        if outside:
            text = f"A mail flow rule of the whole tenant sends mail to {named(outside)}."
            rows.append(finding(name, text, f"Get-TransportRule -Identity {argument(name)}"))
    return rows


def _from_outside(who: str, domains: frozenset[str]) -> bool:
    domain = who.rpartition("@")[2] if "@" in who else ""
    return "#ext#" in who or bool(domain and domain not in domains)


def consents(applications: Iterable[Mapping[str, Any]], people: int) -> list[Finding]:
    """Applications with `name`, `app`, `publisher`, `foreign`, `verified`, `roles`, `scopes`, `users` (who consented alone)."""
    rows, held = [], list(applications)
    publishers: dict[str, int] = {}
    for one in held:
        publishers[one["publisher"]] = publishers.get(one["publisher"], 0) + 1
    for one in held:
        if not one["foreign"] or one["verified"]:
            continue
        alone = "whose publisher has no other application here" if publishers[one["publisher"]] == 1 else "unverified"
        look = f"Entra portal, Enterprise applications, {one['app']}: Permissions"
        roles, scopes, users = powerful(one["roles"]), powerful(one["scopes"]), one["users"]
        if roles:
            text = f"An application from another organisation, {alone}, holds {', '.join(roles)} in its own right."
            rows.append(finding(one["name"], text, look))
        elif scopes and users and rare(len(users), people) and len(users) <= RARE_FEW:
            who = "One user" if len(users) == 1 else f"{len(users)} users"
            text = (
                f"{who} ({named(users)}) gave {', '.join(scopes)} to an application from another organisation, {alone}."
            )
            rows.append(finding(one["name"], text, look))
    return rows


def credentials(applications: Sequence[Mapping[str, Any]], now_ms: int) -> list[Finding]:
    """Applications with `name`, `app`, `starts` (of the valid credentials, ms), `secrets`, `direct` (on the principal)."""
    rows = []
    since = now_ms - NEW_CREDENTIAL_DAYS * DAY_MS
    several = sum(1 for one in applications if one["secrets"] >= 2)
    direct = sum(1 for one in applications if one["direct"])
    for one in applications:
        look = f"Entra portal, App registrations, {one['app']}: Certificates & secrets"
        latest = max(one["starts"], default=0)
        if latest >= since:
            days = max(0, (now_ms - latest) // DAY_MS)
            text = f"A credential of this application is {days} days old; it has {len(one['starts'])} that are valid."
            rows.append(finding(one["name"], text, look))
        if one["secrets"] >= 2 and rare(several, len(applications)):
            text = (
                f"Has {one['secrets']} valid secrets, as only {several} of {len(applications)} applications here have."
            )
            rows.append(finding(one["name"], text, look))
        if one["direct"] and rare(direct, len(applications)):
            text = "A secret hangs on the service principal itself, where the portal does not show it."
            rows.append(finding(one["name"], text, f"Get-MgServicePrincipal -Filter \"appId eq '{one['app']}'\""))
    return rows


def administrators(people: Sequence[Mapping[str, Any]], now_ms: int) -> list[Finding]:
    """Role holders with `name`, `roles`, `guest`, `application`, `mfa` (None: not known) and `newest` (latest method, ms)."""
    rows = []
    for one in people:
        roles = ", ".join(one["roles"])
        look = f"Entra portal, Users, {one['name']}: Authentication methods"
        if one["application"]:
            rows.append(finding(one["name"], f"An application is {roles}.", "Entra portal, Roles and administrators"))
            continue
        if one["guest"]:
            rows.append(finding(one["name"], f"A guest is {roles}.", "Entra portal, Roles and administrators"))
        if one["mfa"] is False:
            rows.append(finding(one["name"], f"Is {roles} and has no second factor registered.", look))
        if one["newest"] >= now_ms - NEW_METHOD_DAYS * DAY_MS:
            days = max(0, (now_ms - one["newest"]) // DAY_MS)
            text = f"Is {roles}; an authentication method was registered {days} days ago."
            rows.append(finding(one["name"], text, look))
    everything = [one["name"] for one in people if "Global Administrator" in one["roles"]]
    if len(everything) > GLOBAL_ADMINISTRATORS_MAX:
        text = f"{len(everything)} accounts are Global Administrator; Microsoft advises {GLOBAL_ADMINISTRATORS_MAX} at most."
        rows.append(finding(named(everything), text, "Entra portal, Roles and administrators"))
    return rows


def methods(holders: Mapping[str, Sequence[Any]], people: int) -> list[Finding]:
    """`holders`: kind of method to (number of accounts, the first of them): a kind that hardly anybody here has."""
    rows = []
    for kind, (number, names) in sorted(holders.items()):
        if people >= PEOPLE_MIN and number <= RARE_FEW:
            for name in names:
                text = f"One of {number} of {people} accounts that may prove itself by {printable(kind, 40)}."
                rows.append(finding(name, text, f"Entra portal, Users, {name}: Authentication methods"))
    return rows


def unseen_by_audit(names: Sequence[str], whole: int, why: str, cmdlet: str) -> list[Finding]:
    """Mailboxes that auditing leaves out, for one reason."""
    text = f"{why}; {len(names)} of {whole} mailboxes here are so."
    return [finding(name, text, f"{cmdlet} -Identity {argument(name)}") for name in sorted(names)]
