"""S23: a thief in an administrator's session takes the audit away, then reads. Layer: streams."""

from __future__ import annotations

from streams.simulation.attacks import ranges
from streams.simulation.attacks.kit import Foothold, Scene, weighted
from streams.simulation.attacks.steps import old_session, read_mail, steal_session
from streams.simulation.clock import SECOND
from streams.simulation.record import Record
from streams.simulation.records.cmdlets import Parameters, cmdlet_record

DESCRIPTION = "Administrator's session stolen; the audit of the tenant, of mailboxes or of the thief's account ends"
KEY_FEATURES = ["audit", "network", "country", "session", "user agent"]


def play(scene: Scene) -> None:
    """Come in (seen or not), take the audit away, read."""
    at = scene.begin()
    foothold = old_session(scene, at)
    if scene.rng.happens(ranges.AUDIT_SIGN_IN_SHARE):
        foothold, at = steal_session(scene, at)
    at = scene.after(at, ranges.AUDIT_AFTER_MINUTES)
    records: list[Record] = []
    for operation, target, parameters in _commands(scene):
        records.append(_run(scene, foothold, at, operation, target, parameters))
        at += scene.rng.whole(1, 90) * SECOND
    scene.stage("evasion", "T1562.008", records)
    read_mail(scene, foothold, scene.after(at, ranges.AUDIT_AFTER_MINUTES), ranges.QUIET_READS, 30.0)


def _commands(scene: Scene) -> list[tuple[str, str, Parameters]]:
    rng, victim = scene.rng, scene.victim
    form = weighted(rng, ranges.AUDIT_FORMS)
    settings = f"{scene.tenant.org_name}\\Admin Audit Log Settings"
    if form in ("UnifiedAuditLogIngestionEnabled", "AdminAuditLogEnabled"):
        return [("Set-AdminAuditLogConfig", settings, [(form, "False")])]
    if form == "AuditDisabled":
        return [("Set-OrganizationConfig", scene.tenant.org_name, [(form, "True")])]
    if form == "AuditBypassEnabled":
        parameters: Parameters = [("Identity", victim.alias), (form, "True")]
        return [("Set-MailboxAuditBypassAssociation", victim.alias, parameters)]
    people = rng.sample(scene.people, min(len(scene.people), rng.whole(*ranges.AUDIT_MAILBOXES)))
    return [("Set-Mailbox", person.alias, [("Identity", person.alias), (form, "False")]) for person in people]


def _run(scene: Scene, foothold: Foothold, at: int, operation: str, target: str, parameters: Parameters) -> Record:
    use = foothold.use()._replace(client="shell")
    return cmdlet_record(scene.tenant, scene.victim, scene.rng, at, use, operation, target, parameters)
