"""Other changes people make for themselves: calendar rights, consent, second factor. Layer: streams."""

from __future__ import annotations

from streams.simulation.clock import SECOND
from streams.simulation.life.day import Day
from streams.simulation.records.directory import consent_records, directory_record
from streams.simulation.records.mail import folder_permission_record

_METHODS_NEW = (
    '[\r\n  {\r\n    "MethodType": 6,\r\n    "Default": true\r\n  },\r\n'
    '  {\r\n    "MethodType": 7,\r\n    "Default": false\r\n  }\r\n]'
)
_METHODS_OLD = '[\r\n  {\r\n    "MethodType": 6,\r\n    "Default": true\r\n  }\r\n]'


def folder_permission(day: Day) -> None:
    """A colleague may see the calendar."""
    member = day.people[day.rng.pick(day.person.colleagues)]
    at = day.moment()
    use = day.use(at, day.main_slot())
    rights = day.rng.pick(("ReadAny, Visible, FreeBusySimple, FreeBusyDetailed", "Visible, FreeBusySimple"))
    day.add([folder_permission_record(day.tenant, day.person, day.rng, at, use, member, rights)])


def consent_crm(day: Day) -> None:
    """Consent to the customer-relations add-in that the whole house uses."""
    at = day.moment()
    day.use(at)
    app = ("5d0f2c11-3b0e-4a86-9b6a-2f6f0a7c1e01", "8e2a7b10-6d4f-4a11-8a8e-1d2c3b4a5f02", "Linden CRM")
    scopes = "User.Read Contacts.Read Mail.Read offline_access"
    uids = day.add(consent_records(day.tenant, day.person, day.rng, at, app, scopes, day.person.kind == "admin"))
    day.note("consent-crm", uids, at, "Consent to the CRM add-in")


def mfa_change(day: Day) -> None:
    """A second factor is registered, as on the first day or with a new phone."""
    at = day.moment(8, 12)
    day.use(at)
    agent = day.person.computer(day.number).user_agent(day.number)
    changes = [
        ("StrongAuthenticationMethod", _METHODS_NEW, _METHODS_OLD if day.number != day.person.joins else "[]"),
        ("Included Updated Properties", "StrongAuthenticationMethod", ""),
        ("TargetId.UserType", "Member", ""),
    ]
    record = directory_record(
        day.tenant, day.person, day.rng, at + 30 * SECOND, "Update user.", day.person, changes, agent
    )
    day.note("mfa-change", day.add([record]), at, "Owner registers a second factor")
