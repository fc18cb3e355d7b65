"""What a rule does, as reasons in nats. Layer: detectors.

Weights are the expert log-odds of detection-science 1.2 (to be re-fitted by feedback); the conjunction "all mail, read and
deleted" is weighted up because no benign use of it is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from rapidfuzz import fuzz

from detectors.accounts.look_alike import look_alike
from detectors.engine.detector import Context
from detectors.models.bigram import NameRandomness
from schemas.contracts.incident import Reason
from schemas.records.event import InboxRule, MailboxForwarding, RuleAction, TransportRule
from schemas.text import printable

# Folders nobody opens, in the languages Outlook names them in.
HIDING_FOLDER = re.compile(
    r"\brss\b|conversation history|aufgezeichnete unterhaltung|historique des conversations|historial de conversac"
    r"|gespreksgeschiedenis|archi[vf]|junk|spam|unerw.nscht|ongewenst|courrier ind|correo no|posta indesiderata"
    r"|sync issues|synchronisierungsprobleme|notes|notizen",
    re.IGNORECASE,
)
BIN_FOLDER = re.compile(
    r"deleted|gel.schte|supprim|eliminad|verwijderd|trash|papierkorb|posta eliminata", re.IGNORECASE
)
FINANCE = re.compile(
    r"invoice|payment|wire|bank|iban|remittance|payroll|purchase order|rechnung|zahlung|facture|virement|paiement"
    r"|factura|pago|factuur|betaling|fattura|bonifico|swift|ach\b",
    re.IGNORECASE,
)
SECURITY = re.compile(
    r"phish|hack|virus|helpdesk|password|passwor|security|suspicious|fraud|scam|spam|malware|compromis|docusign|mfa"
    r"|kennwort|passwort|mot de passe|wachtwoord|unusual",
    re.IGNORECASE,
)
FREE_MAIL = frozenset(
    {
        *("gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "yahoo.com", "icloud.com", "me.com"),
        *("aol.com", "gmx.de", "gmx.net", "web.de", "proton.me", "protonmail.com", "mail.com", "mail.ru", "yandex.com"),
        *("yandex.ru", "zoho.com", "tutanota.com", "t-online.de", "orange.fr"),
    }
)
# Conditions that nearly all of a person's mail fulfils.
TO_ME = frozenset({"MyNameInToBox", "MyNameInToOrCcBox", "MyNameInCcBox", "SentOnlyToMe"})
KNOWN_DESTINATION = 2.0  # person-days on which somebody made mail go there
SETTLED_TENANT_DAYS = 7
HIDDEN_NATS = 2.0  # on top of what the rule does: Exchange has harmless hidden rules of its own
LOOK_ALIKE_NATS = 2.3  # ln 10: taken for one in ten of the forwards that thieves make, and one in a hundred of owners'
FILED_NATS = 0.5  # to any folder, as most rules do: it only lets a name of signs be weighed
OWN_NAME_RATIO = 60  # per cent of the letters
ALL_FORWARDED_NATS = 2.3  # ln 10: taken for half of the forwards that thieves make, and one in twenty of owners'
DIGITS_MIN, DIGITS_NATS = 5, 2.0  # a name of nothing but figures, longer than a year
_RANDOM = NameRandomness()
ADDRESS = re.compile(r"[^\s<>\[\]\"':;,]+@[^\s<>\[\]\"':;,]+")


def weight(reasons: Iterable[Reason]) -> float:
    """Sum in nats."""
    return sum(reason.nats for reason in reasons)


def name_reason(name: str | None) -> Reason | None:
    """A name that no person would choose; None for an ordinary one."""
    if name is None:
        return None
    nats = DIGITS_NATS if name.isdigit() and len(name) >= DIGITS_MIN else _RANDOM.score_one({"name": name})
    if nats < 1.0:
        return None
    shown = repr(name[:40]) if name.strip() else "blank"
    return Reason("rule_name", f"{shown} looks random or hidden", "words", round(nats, 2))


def rule_reasons(rule: InboxRule, context: Context) -> list[Reason]:
    """Everything an inbox rule's content says."""
    reasons = _hiding(rule)
    reasons += _words(rule.words)
    reasons += _outside(rule.forward_to, context)
    reasons += _all_outside(rule, context)
    if not reasons and _filed_under_signs(rule):
        reasons.append(Reason("move_to_folder", "mail is filed away", "", FILED_NATS))
    if not reasons:
        return []
    if rule.stop:
        reasons.append(Reason("stop_processing", "other rules are ignored", "", 0.5))
    if rule.hidden:
        reasons.append(Reason("hidden_rule", "Outlook does not show it", "shown", HIDDEN_NATS))
    if rule.by_app_only:
        reasons.append(Reason("made_by", "an application's own token", "the owner", 1.5))
    named = name_reason(rule.name)
    return [*reasons, named] if named else reasons


def _filed_under_signs(rule: InboxRule) -> bool:
    """Mail goes somewhere, or is read, by a rule whose name has no letter or figure: only the name is odd, until more is."""
    named = rule.name is not None and not any(character.isalnum() for character in rule.name)
    return named and (rule.move_to is not None or rule.mark_read)


def whole(rule: InboxRule) -> bool:
    """The record shows the whole rule; Set-InboxRule lists only what it changes."""
    return rule.action in (RuleAction.NEW, RuleAction.FOUND) or rule.form == "outlook"


def _hiding(rule: InboxRule) -> list[Reason]:
    reasons = []
    delete = rule.delete or bool(rule.move_to and BIN_FOLDER.search(rule.move_to))
    folder = next((name for name in (rule.move_to, rule.copy_to) if name and HIDING_FOLDER.search(name)), None)
    if delete:
        reasons.append(Reason("delete_message", "yes", "", 1.6))
    if folder:
        reasons.append(Reason("move_to_folder", repr(folder[:40]), "a folder that is read", 3.0))
    hidden = delete or folder is not None or (rule.move_to is not None and rule.mark_read)
    if rule.mark_read and hidden:
        reasons.append(Reason("mark_as_read", "yes", "", 1.4))
    if hidden and (rule.catch_all or (whole(rule) and not rule.conditions)):
        both = rule.mark_read and delete
        nats = 7.0 if both else 6.0 if rule.mark_read and folder else 4.0 if delete or rule.mark_read else 3.0
        what = "read and deleted" if both else "deleted" if delete else "hidden"
        reasons.append(Reason("all_mail", f"every message is {what}", "a condition", nats))
    elif rule.mark_read and delete and not rule.conditions:  # a change lists only what it changes
        reasons.append(Reason("read_and_deleted", "whatever it applies to", "one of the two", 2.5))
    elif hidden and rule.conditions and set(rule.conditions) <= TO_ME:
        reasons.append(Reason("most_mail", "whatever is addressed to the owner", "a narrow condition", 2.0))
    return reasons


def _words(words: tuple[str, ...]) -> list[Reason]:
    text = " ".join(words)[:4000]
    reasons = []
    if FINANCE.search(text):
        reasons.append(Reason("condition_words", "about payments", "", 2.2))
    if SECURITY.search(text):
        reasons.append(Reason("condition_words", "about security warnings", "", 2.0))
    return reasons


def first_outside(addresses: tuple[str, ...], context: Context) -> str | None:
    """The first address that is not one of the tenant's own, lower case."""
    for address in addresses:
        found = ADDRESS.search(address)
        if found and not context.is_home(found.group().lower()):
            return found.group().lower()
    return None


def _outside(addresses: tuple[str, ...], context: Context) -> list[Reason]:
    plain = first_outside(addresses, context)
    if plain is None:
        return []
    domain = plain.rpartition("@")[2]
    reasons = [Reason("forward_to", f"outside: {printable(domain, 60)}", "inside", 3.4)]
    own_domain = context.account.partition("@")[2]
    if domain in FREE_MAIL and _owner_like(plain, context):
        reasons.append(Reason("own_name", "the address resembles the owner's name", "", -2.0))
    resembled = look_alike(domain, (own_domain, *context.profile.home_domains))
    if resembled is not None:
        reasons.append(Reason("look_alike", f"resembles {printable(resembled, 60)}", "", LOOK_ALIKE_NATS))
    return reasons + _destination(domain, context)


def _all_outside(rule: InboxRule, context: Context) -> list[Reason]:
    """A forward of everything, as the mailbox's own forwarding is; under the owner's name it is what leavers do."""
    address = first_outside(rule.forward_to, context)
    everything = rule.catch_all or (whole(rule) and not rule.conditions)
    if address is None or not everything or _owner_like(address, context):
        return []
    return [Reason("all_mail", "every message is forwarded", "a condition", ALL_FORWARDED_NATS)]


def _owner_like(address: str, context: Context) -> bool:
    """The address is named as the owner's own."""
    return fuzz.ratio(context.account.partition("@")[0], address.partition("@")[0]) >= OWN_NAME_RATIO


def _destination(domain: str, context: Context) -> list[Reason]:
    """How new the place is that mail goes to: a payroll office that many forward to, or nobody's."""
    if context.ledger is not None and context.own:
        context.ledger.vote(context.number, "forward", domain)
    known = context.profile.popularity.get("forward", {}).get(domain, 0.0)
    if domain not in FREE_MAIL and known >= KNOWN_DESTINATION:
        return [Reason("destination", f"{known:.0f} days of colleagues' forwarding", "nobody's", -2.0)]
    if known == 0.0 and context.profile.days >= SETTLED_TENANT_DAYS:
        return [Reason("destination", "nobody here forwards there", "known", 0.5)]
    return []


def forwarding_reasons(change: MailboxForwarding, context: Context) -> list[Reason]:
    """What mailbox-level forwarding says."""
    reasons = _outside((change.to or "",), context)
    if reasons and change.keep_copy is False:
        reasons.append(Reason("keep_copy", "no copy stays in the mailbox", "a copy stays", 1.2))
    return reasons


def transport_reasons(rule: TransportRule, context: Context) -> list[Reason]:
    """What a tenant-wide mail flow rule says."""
    reasons = []
    plain = first_outside((*rule.copy_to, *rule.redirect_to), context)
    if plain is not None:
        reasons.append(Reason("forward_to", f"outside: {printable(plain.rpartition('@')[2], 60)}", "inside", 3.5))
    if rule.delete:
        reasons.append(Reason("delete_message", "yes", "", 1.6))
    if not reasons:
        return []
    reasons += _words(rule.words)
    if rule.audit_suppressed:
        reasons.append(Reason("audit_severity", "DoNotAudit", "audited", 1.5))
    named = name_reason(rule.name)
    return [*reasons, named] if named else reasons
