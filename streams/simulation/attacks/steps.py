"""Steps that several attacks share: stolen session, hiding rule, reading, mass mail, cleaning up. Layer: streams."""

from __future__ import annotations

from streams.simulation.attacks import ranges
from streams.simulation.attacks.kit import (
    Foothold,
    Scene,
    attacker_agent,
    moved,
    phishing_place,
    rule_name,
    second_place,
    weighted,
)
from streams.simulation.clock import MINUTE, SECOND
from streams.simulation.record import Record
from streams.simulation.records.cmdlets import Parameters, cmdlet_record
from streams.simulation.records.common import message_id
from streams.simulation.records.mail import group_record, opened_record, send_record
from streams.simulation.records.rules import outlook_actions, outlook_condition, outlook_rule_record
from streams.simulation.records.traces import trace_records
from streams.simulation.world import names
from streams.simulation.world.devices import OFFICE_HOME, OWA


def steal_session(scene: Scene, at: int) -> tuple[Foothold, int]:
    """The proxy's sign-in, then the cookie used from a second network; returns the foothold and the time."""
    rng = scene.rng
    first = Foothold(
        phishing_place(scene), rng.guid(), rng.token(), at, attacker_agent(scene, True)
    )  # the proxy relays password and second factor
    records: list[Record] = []
    if rng.happens(0.4):
        records += scene.sign_in(first.event(at - 50 * SECOND, OFFICE_HOME, True, rng.pick((50074, 50076, 50126))))
    if rng.happens(0.3):
        records += scene.sign_in(first.event(at - 12 * SECOND, OFFICE_HOME, True, 50140))
    records += scene.sign_in(first.event(at, OFFICE_HOME, True))
    scene.stage("access", "T1557", records)
    later = scene.after(at, ranges.RULE_AFTER_MINUTES)
    second = Foothold(second_place(scene, first.place), first.session, rng.token(), later, attacker_agent(scene, False))
    scene.stage("access", "T1550.004", scene.sign_in(second.event(later, OWA, False)))
    return second, later


def old_session(scene: Scene, at: int) -> Foothold:
    """A session stolen before the data begins."""
    rng = scene.rng
    return Foothold(second_place(scene), rng.guid(), rng.token(), at - rng.whole(5, 55) * MINUTE,
                    attacker_agent(scene, False))  # fmt: skip


def read_mail(scene: Scene, foothold: Foothold, at: int, bounds: tuple[int, int], minutes: float) -> int:
    """Open mail for a while; returns the time afterwards."""
    rng = scene.rng
    count = rng.whole(*bounds)
    records: list[Record] = []
    for _ in range(count):
        at += int(rng.expovariate(1.0) * minutes / max(1, count) * MINUTE) + 1000
        foothold.place = moved(scene, foothold.place)
        folder = "Inbox" if rng.happens(0.7) else "Sent Items"
        record = opened_record(scene.tenant, scene.victim, rng, at, foothold.use(), rng.whole(1, 12), folder)
        records.append(record)
    scene.stage("collection", "T1114.002", records)
    return at


def hide_everything(scene: Scene, foothold: Foothold, at: int) -> None:
    """The rule of the reference incident: any mail is marked read and deleted (or moved away), other rules stop."""
    _write_rule(scene, foothold, at, [])


def hide_finance(scene: Scene, foothold: Foothold, at: int) -> None:
    """A rule that hides answers about money."""
    words = scene.rng.sample(ranges.FINANCE_WORDS, scene.rng.whole(*ranges.FINANCE_WORD_COUNT))
    _write_rule(scene, foothold, at, words)


def _write_rule(scene: Scene, foothold: Foothold, at: int, words: list[str]) -> None:
    rng, victim = scene.rng, scene.victim
    name = rule_name(rng)
    delete = rng.happens(ranges.RULE_DELETE_SHARE)
    form = weighted(rng, ranges.RULE_FORMS)
    if form == "UpdateInboxRules":
        rule: dict[str, str | None] = {
            "RuleOperation": "AddMailboxRule",
            "RuleId": "0",
            "RuleState": "Enabled, ExitAfterExecution",
            "RuleCondition": outlook_condition([], words),
            "RuleName": name,
            "RuleProvider": "RuleOrganizer",
            "RuleActions": outlook_actions(victim, rng, ["delete" if delete else "move", "mark"]),
        }
        use = foothold.use()._replace(client="proxy")
        record = outlook_rule_record(scene.tenant, victim, rng, at, use, rule)
    else:
        parameters: Parameters = [("AlwaysDeleteOutlookRulesBlob", "False"), ("Force", "False"), ("Name", name)]
        if form == "Set-InboxRule":
            parameters.insert(0, ("Identity", f"{victim.alias}\\{name}"))
        if words:
            key = rng.pick(("SubjectOrBodyContainsWords", "BodyContainsWords", "SubjectContainsWords"))
            parameters.append((key, ";".join(words)))
        hide = ("DeleteMessage", "True") if delete else ("MoveToFolder", rng.pick(ranges.HIDING_FOLDERS))
        parameters += [("MarkAsRead", "True"), hide, ("StopProcessingRules", "True")]
        rng.shuffle(parameters)
        target = f"{victim.alias}\\{name}"
        record = cmdlet_record(scene.tenant, victim, rng, at, foothold.use(), form, target, parameters)
    scene.stage("evasion", "T1564.008", [record])


def mass_mail(scene: Scene, foothold: Foothold, at: int) -> int:
    """Payment-themed mail to more than 9,000 outsiders within the hour; returns the end."""
    rng = scene.rng
    total = rng.whole(*ranges.BURST_RECIPIENTS)
    span = rng.uniform(*ranges.BURST_MINUTES) * MINUTE
    foothold.client = weighted(rng, ranges.BURST_CLIENTS)
    single = rng.happens(ranges.BURST_SINGLE_SHARE)
    sizes: list[int] = [1] * total if single else []
    while sum(sizes) < total and not single:
        sizes.append(min(rng.whole(*ranges.BURST_BATCH), total - sum(sizes)))
    recipients = names.bulk_addresses(rng, total)
    subject = rng.pick(ranges.BURST_SUBJECTS).replace("{n}", str(rng.whole(1000, 99_999)))
    moments = sorted(at + int(rng.random() * span) for _ in sizes)
    position = 0
    for moment, size in zip(moments, sizes, strict=True):
        send(scene, foothold, moment, recipients[position : position + size], subject, "T1534")
        position += size
    return moments[-1]


def send(scene: Scene, foothold: Foothold, at: int, recipients: list[str], subject: str, technique: str) -> None:
    """One mail of the attacker, with its trace rows."""
    rng, tenant, victim = scene.rng, scene.tenant, scene.victim
    foothold.place = moved(scene, foothold.place) if rng.happens(0.1) else foothold.place
    use = foothold.use()
    identity, size = message_id(tenant, rng), rng.whole(12_000, 55_000)
    records = [send_record(tenant, victim, rng, at, use, (identity, subject, size, recipients))]
    if tenant.recipients == "trace":
        sent = at + rng.whole(0, 4000)
        records += trace_records(rng, sent, victim.upn, recipients, (identity, subject, size), (use.ip, ""))
    scene.stage("impact", technique, records)
    external = sum(not address.endswith("@" + tenant.domain) for address in recipients)
    scene.attack.mailed.append((at, external))


def delete_sent(scene: Scene, foothold: Foothold, at: int) -> None:
    """Sent mail and bounces disappear."""
    if not scene.rng.happens(ranges.DELETE_SENT_SHARE):
        return
    records: list[Record] = []
    use = foothold.use()._replace(client="owa")
    for _ in range(scene.rng.whole(1, 8)):
        at += scene.rng.whole(2, 60) * SECOND
        subjects = [scene.rng.pick(("Undeliverable: Payment", "RE: Invoice", "Payment advice"))] * scene.rng.whole(
            1, 30
        )
        operation = scene.rng.pick(("HardDelete", "SoftDelete"))
        records.append(group_record(scene.tenant, scene.victim, scene.rng, at, use, operation, "Sent Items", subjects))
    scene.stage("evasion", "T1070.008", records)
