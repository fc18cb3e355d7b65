"""What the tenant and its networks hear of an account's sign-ins. Layer: detectors."""

from __future__ import annotations

import math
from collections.abc import Sequence

from detectors.accounts.client_agent import Agent
from detectors.accounts.session_continuity import Continuity
from detectors.accounts.session_evidence import SETTLED_DAYS, TENANT_DAYS_MIN, Judgement, Sighting, newness_nats
from detectors.accounts.session_state import RELAY, Row, SessionState
from detectors.engine.detector import Context
from schemas.contracts.signal import Signal
from schemas.records.event import AuditEvent, SignIn

SPREAD_AFTER_DAYS = 2  # closed days of an account, before that every network is new to it
LEAST_SHARE = 0.02  # of the tenant's people with any client, however rare it is


def vote(seen: Sighting, context: Context) -> None:
    ledger, row = context.ledger, seen.row
    if ledger is None or row.neutral:
        return
    votes = ledger.share(context.number).votes
    votes.add(("network", seen.network))
    votes.add(("network", seen.wide))
    if seen.country:
        votes.add(("country", seen.country))
    if row.agent:
        votes.add(("agent", f"{row.agent:08x}"))


def count_strange(row: Row, familiar: float, session: Continuity, context: Context) -> None:
    """Count for the tenant how often people are at new networks, and with a session that lives elsewhere too.

    Of settled accounts: in the first days every network is new.
    """
    if (
        familiar >= 1.0
        or context.sealed_days < SETTLED_DAYS
        or context.ledger is None
        or row.neutral
        or row.kind & RELAY
    ):
        return
    context.ledger.act(context.number, "strange-place")
    if session.alive:
        context.ledger.act(context.number, "strange-turns")


def signal_success(
    state: SessionState, seen: Sighting, event: AuditEvent, signin: SignIn, judgement: Judgement, context: Context
) -> None:
    entities = [seen.ip, f"{seen.network}/{seen.row.agent:08x}"]
    if judgement.familiar == 0.0 and context.sealed_days >= SPREAD_AFTER_DAYS:
        entities.append("tenant")
    stranger = stranger_nats(state, seen.agent, context)
    signal(entities, "success", event, signin, seen.row.agent, context, stranger)


def stranger_nats(state: SessionState, agent: Agent, context: Context) -> float:
    """Log-likelihood ratio of somebody else at the keyboard against the owner, by the software of a sign-in.

    An owner mistypes with a client that the account uses, or with a new one as often as it takes one up. Of a stranger's client
    nothing is known but how many people of the tenant use the same. 0 for what is not known: client, habits, tenant.
    """
    if not agent.family or "agent" not in state.models or context.profile.person_days < TENANT_DAYS_MIN:
        return 0.0
    share = min(max(context.profile.share("agent", f"{agent.family:08x}"), LEAST_SHARE), 1.0 - LEAST_SHARE)
    newness = newness_nats(state, "agent", context)
    if state.familiarity("agent", agent.family) > 0.0:
        return min(round(math.log(share / (1.0 - math.exp(-newness))), 2), 0.0)  # an own client accuses nobody
    return round(math.log(1.0 - share) + newness, 2)


def signal(
    entities: Sequence[str],
    what: str,
    event: AuditEvent,
    signin: SignIn,
    agent: int,
    context: Context,
    stranger: float = 0.0,
) -> None:
    for entity in entities:
        context.signals.append(
            Signal(
                context.profile.tenant or event.tenant,
                "network",
                entity,
                context.account,
                what,
                event.time_ms,
                event.record_id,
                event.source.value,
                event.operation,
                event.ip,
                signin.error,
                agent,
                stranger,
            )
        )
