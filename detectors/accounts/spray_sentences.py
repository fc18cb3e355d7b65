"""The evidence of a spray in words: against its network, and for the accounts that it opened. Layer: detectors."""

from __future__ import annotations

from math import log2

from detectors import techniques
from detectors.engine.detector import DAY_MS, Context, Control, Evidence
from detectors.engine.network import NetworkFact
from detectors.engine.network_words import EVERYWHERE, about, network_words
from detectors.models.categories import hash32
from schemas.contracts.incident import Reason, Resource, Stage
from schemas.contracts.notice import Notice
from schemas.text import printable

DETECTOR = "password-spray"
SUCCESS_NATS = 8.0  # detection-science 1.11
GROWTH_NATS = 0.01  # for each doubling: of answers whose surprise is at its cap the one that has counted more is kept
MINUTE_MS = 60_000
UNNAMED = "00000000"  # hash of a client that says nothing
BLOCK = "Block the network for sign-ins, unless it is one of your own; check that the accounts that failed use a second factor."
BLOCK_MANY = (
    "The networks are too many to block: refuse sign-ins without a second factor, legacy clients first;"
    " check the accounts that failed."
)
RESET_THEM = "Revoke the sessions and reset the passwords of the accounts that got in."


def network_evidence(notice: Notice, context: Context) -> Evidence:
    """Many failed there. Whether somebody got in is not its business: that may come later."""
    accounts = dict.fromkeys(str(row[3]) for row in notice.records if row[3])
    reason = spray_reason(notice, notice.nats)
    failed = f"At least {notice.accounts:,} accounts failed to sign in"
    more = f", {notice.total:,} or more since it began" if notice.total > notice.accounts else ""
    return Evidence(
        detector=DETECTOR,
        value="spray",
        stage=Stage.ACCESS,
        technique=techniques.PASSWORD_SPRAY,
        control=Control.OUTSIDER,
        nats=reason.nats,
        reasons=(reason,),
        sentence=f"{failed} {_where(notice, context)} within {_span(notice)}{more}.",
        advice=BLOCK_MANY if notice.entity == EVERYWHERE else BLOCK,
        certain=True,
        proof=False,
        resources=tuple(Resource("User", account, account) for account in accounts),
    )


def entered_evidence(notice: Notice) -> Evidence:
    """An account that succeeded where the network was already accused: the network's incident names it."""
    account = printable(str(notice.records[0][3]), 120) if notice.records else "an account"
    inside = notice.what == "success"
    what = f"{account} signed in" if inside else f"The password of {account} was accepted, and a further step refused,"
    place = f" from {notice.ip}" if notice.ip else ""
    return Evidence(
        detector=DETECTOR,
        value=f"spray-{notice.what}:{hash32(account):08x}",
        stage=Stage.ACCESS,
        technique=techniques.PASSWORD_SPRAY,
        control=Control.OUTSIDER,
        nats=SUCCESS_NATS,
        reasons=(Reason("password_accepted", account, "no password accepted there", SUCCESS_NATS),),
        sentence=f"{what}{place}; the account has an incident of its own.",
        advice=RESET_THEM,
        certain=True,
        proof=False,
        resources=(Resource("User", account, account),),
    )


def success_sentence(notice: Notice, context: Context) -> str:
    """How the account was entered, and what had failed there."""
    entered = "Signed in" if notice.what == "success" else "Its password was accepted, and a further step refused,"
    failed = f"at least {notice.accounts:,} accounts failed within {_span(notice)}"
    if notice.entity == notice.ip:
        return f"{entered} from {notice.ip}, from which {failed}."
    place = f" from {notice.ip}" if notice.ip else ""
    return f"{entered}{place}, while {failed} {_where(notice, context)}."


def spray_reason(notice: Notice, nats: float) -> Reason:
    """What failed, worth `nats` and a hundredth more for each doubling of the accounts."""
    observed = f"{notice.accounts:,} accounts in {_span(notice)}, {notice.attempts:,} attempts"
    grown = nats + GROWTH_NATS * log2(max(notice.accounts, notice.total, 1))
    return Reason("failed_accounts", observed, about(notice.expected), round(grown, 2))


def fact_of(notice: Notice, context: Context) -> NetworkFact | None:
    """What is known of the address at hand."""
    return context.knowledge.lookup.fact(notice.ip) if notice.ip else None


def _span(notice: Notice) -> str:
    minutes = notice.window_ms // MINUTE_MS
    if minutes < 60:
        return f"{minutes} minutes"
    if minutes == 60:
        return "one hour"
    return f"{minutes // 60} hours" if minutes <= DAY_MS // MINUTE_MS else f"{minutes // 1_440} days"


def _where(notice: Notice, context: Context) -> str:
    if notice.entity == EVERYWHERE:
        return "from networks new to them"
    network = network_words(notice.entity, fact_of(notice, context))
    _, separator, software = notice.entity.rpartition("/")
    if notice.entity == notice.ip or not separator:
        return f"from {network}"
    client = "with software that no record names" if software == UNNAMED else "with the same software"
    return f"{client} from {network}"
