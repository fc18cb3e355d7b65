"""What happens to the whole tenant: system cmdlets, unknown users, a migration, a phishing exercise. Layer: streams."""

from __future__ import annotations

from streams.simulation.chance import Chance, chance
from streams.simulation.clock import HOUR, MINUTE, SECOND
from streams.simulation.record import Record
from streams.simulation.records.cmdlets import directory_name, system_record
from streams.simulation.records.common import Use
from streams.simulation.records.directory import consent_records
from streams.simulation.records.logons import SignIn, logon_record
from streams.simulation.records.mail import opened_record, synced_record
from streams.simulation.records.traces import trace_records
from streams.simulation.truth import Negative
from streams.simulation.world.devices import OFFICE_HOME
from streams.simulation.world.networks import microsoft_place
from streams.simulation.world.person import Person
from streams.simulation.world.tenant import Tenant

_PLANS = ("ExchangeOnline", "ExchangeOnlineDeskless", "ExchangeOnlineEnterprise", "ExchangeOnlineEssentials")


def house_day(tenant: Tenant, people: list[Person], day: int) -> tuple[list[Record], list[Negative]]:
    """Records of the tenant as such on one day."""
    rng = chance(tenant.seed, "house", day)
    start = tenant.start + day * 24 * HOUR
    found = _system(tenant, people, rng, start)
    found += _unknown_users(tenant, people, rng, start)
    negatives: list[Negative] = []
    if day == tenant.migration_day and tenant.accounts >= 30:
        _migration(tenant, people, rng, start, found, negatives)
    if day == tenant.phish_day:
        _exercise(tenant, people, rng, start, found, negatives)
    return found, negatives


def _system(tenant: Tenant, people: list[Person], rng: Chance, start: int) -> list[Record]:
    found: list[Record] = []
    for _ in range(rng.poisson(3 + tenant.accounts / 25)):
        person = rng.pick(people)
        name = directory_name(tenant, person.alias)
        at = start + int(rng.random() * 24 * HOUR)
        identity = f"{tenant.org_id}\\{person.object_id}"
        found.append(system_record(tenant, rng, at, "Set-User", name, [
            ("Identity", identity), ("SyncMailboxLocationGuids", "True"), ("ErrorAction", "Stop")], True))  # fmt: skip
    if rng.happens(0.3):
        at = start + int(rng.random() * 23 * HOUR)
        organization = directory_name(tenant, "").rstrip("/")
        for plan in _PLANS * rng.whole(2, 6):
            at += rng.whole(200, 3000)
            target = directory_name(tenant, f"{plan}-{rng.guid()}")
            found.append(system_record(tenant, rng, at, "Set-MailboxPlan", target, [
                ("Identity", target), ("UseDatabaseRetentionDefaults", "False")]))  # fmt: skip
        for operation, target in (("Set-TransportConfig", "Transport Settings"),
                                  ("Set-AdminAuditLogConfig", "Admin Audit Log Settings")):  # fmt: skip
            parameter = ("SupervisionTags", "Reject;Allow") if operation == "Set-TransportConfig" else (
                "AdminAuditLogEnabled", "True")  # fmt: skip
            found.append(system_record(tenant, rng, at, operation, f"{tenant.org_name}\\{target}", [
                ("DomainController", ""), ("Identity", organization), parameter]))  # fmt: skip
    return found


def _unknown_users(tenant: Tenant, people: list[Person], rng: Chance, start: int) -> list[Record]:
    """Logon failures whose user could not be resolved."""
    found: list[Record] = []
    for _ in range(rng.poisson(1 + tenant.accounts / 40)):
        person = rng.pick(people)
        at = start + int(rng.uniform(6, 20) * HOUR)
        place = rng.pick(tenant.offices) if rng.happens(0.6) else microsoft_place(rng)
        agent = person.laptop.user_agent(0)
        error = rng.pick((50034, 50058, 50058, 50126))
        event = SignIn(
            at, place, OFFICE_HOME, None, agent, "Edge", "", "", True, error, False, typed_name="Not Available"
        )
        found.append(logon_record(tenant, person, rng, event, rng.guid()))
    return found


def _migration(
    tenant: Tenant, people: list[Person], rng: Chance, start: int, found: list[Record], negatives: list[Negative]
) -> None:
    """A migration tool copies a fifth of the mailboxes: new application, mass synchronisation."""
    admin = people[0]
    place = microsoft_place(rng)
    app = (rng.guid(), rng.guid(), "Timber Mailbox Mover")
    at = start + 17 * HOUR
    scopes = "EWS.AccessAsUser.All full_access_as_app"
    cluster = consent_records(tenant, admin, rng, at, app, scopes, True)
    found += cluster
    negatives.append(
        Negative("migration-consent", admin.upn, at, [r.uid for r in cluster], "Consent to migration tool")
    )
    use = Use(place.ip, "", "", "", "TimberMover/4.2", "ews")
    for person in people:
        if person.kind == "service" or not rng.happens(0.2):
            continue
        begin = at + rng.whole(10, 300) * MINUTE
        uids: list[str] = []
        for _ in range(rng.whole(30, 150)):
            begin += rng.whole(1, 12) * SECOND
            if rng.happens(0.4):
                record = synced_record(tenant, person, rng, begin, use, rng.pick(("Inbox", "Sent Items", "Archive")))
            else:
                record = opened_record(tenant, person, rng, begin, use, rng.whole(10, 40))
            record.body["AppId"] = record.body["ClientAppId"] = app[0]
            found.append(record)
            uids.append(record.uid)
        negatives.append(Negative("migration", person.upn, begin, uids, "Mailbox copied by a migration tool"))


def _exercise(
    tenant: Tenant, people: list[Person], rng: Chance, start: int, found: list[Record], negatives: list[Negative]
) -> None:
    """The phishing-exercise vendor writes to everybody."""
    if tenant.recipients != "trace":
        return
    at = start + 9 * HOUR
    uids: list[str] = []
    for person in people:
        at += rng.whole(0, 20) * SECOND
        subject = rng.pick(("Your password expires today", "Invoice overdue", "Shared document", "Parcel notice"))
        mail = (f"<{rng.guid()}@exercise.phishdrill.example>", subject, 22_000)
        rows = trace_records(rng, at, "it-support@phishdrill.example", [person.upn], mail, ("146.70.30.9", ""))
        found += rows
        uids += [row.uid for row in rows]
    negatives.append(Negative("phishing-exercise", people[0].upn, at, uids, "Phishing exercise by a vendor"))
