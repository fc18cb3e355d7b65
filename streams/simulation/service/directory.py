"""The inventory of a tenant at a moment: accounts, mailboxes, applications, grants, roles. Layer: streams."""

from __future__ import annotations

import heapq
import re
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from streams.simulation.chance import chance
from streams.simulation.clock import DAY
from streams.simulation.record import MANAGEMENT, Body, Record
from streams.simulation.records.cmdlets import directory_name
from streams.simulation.service.applications import GRAPH_APP, Applications, Grant, draw_applications, principal_body
from streams.simulation.service.attacks import dormant_rule_name, victim_of
from streams.simulation.service.changes import (
    GRANTS,
    INTERESTING,
    Change,
    grant_of,
    mailbox_change,
    parameters_of,
    rule_key,
)
from streams.simulation.service.flow_rules import FLOW_CHANGES, FlowRules
from streams.simulation.service.item import NOBODY
from streams.simulation.service.mailbox import Mailbox, Rule
from streams.simulation.service.mailboxes import draw_mailbox, draw_methods
from streams.simulation.service.options import Attack, TenantOptions
from streams.simulation.service.spans import NEVER, Spans
from streams.simulation.world.person import Person
from streams.simulation.world.tenant import Tenant

ROLES = (
    ("62e90394-69f5-4237-9190-012177145e10", "Global Administrator"),
    ("29232cdf-9323-42fd-ade2-1d097af3e4de", "Exchange Administrator"),
    ("fe930be7-5e62-47db-91af-98c3a49a38b1", "User Administrator"),
)
_CONSENT = re.compile(r"ClientId: (?P<client>[^,]*), PrincipalId: (?P<principal>[^,]*), .*Scope: (?P<scope>[^\]]*)\]")
_HAPPENS = Callable[[int, int, int], bool]
_Granted = Callable[[Person, str, str, int], None]


class Directory:
    """State at the moment of the last `advance`; whoever reads or changes it holds `lock`.

    `removed` says when a rule was gone that we removed, by owner (empty: the tenant) and name, until it is made anew. `granted`
    is told of each right on a mailbox that is given. `silence`: auditing leaves an account or a mailbox out, or did.
    """

    def __init__(
        self, tenant: Tenant, people: list[Person], options: TenantOptions, client_id: str, principal_id: str
    ) -> None:
        self.tenant, self.people, self.options = tenant, people, options
        self.lock = threading.RLock()
        self.disabled: set[int] = set()
        self.sessions_from: dict[int, int] = {}
        self.happens: _HAPPENS = lambda index, time_ms, attack: True
        self.granted: _Granted = lambda mailbox, who, right, at_ms: None
        self.removed: dict[tuple[str, str], Spans] = {}
        self.flow = FlowRules(tenant, options)
        self.mailboxes = [draw_mailbox(tenant, people, person, options) for person in people]
        self.methods = [draw_methods(tenant, person) for person in people]
        self.applications: Applications = draw_applications(tenant, people, options, client_id, principal_id)
        admins = [person.index for person in people if person.kind == "admin"]
        self.roles = [
            (template, name, admins[: 2 if number == 0 else 1]) for number, (template, name) in enumerate(ROLES)
        ]
        self._waiting: list[tuple[int, int, int, int, Callable[[], None]]] = []
        self._count = 0
        self._forwarding: list[tuple[Person, Mailbox]] | None = None
        self.silence = False
        self.changed()
        self._names = {name.lower(): person.index for person in people for name in (
            person.upn, person.alias, person.object_id, person.mailbox_guid, directory_name(tenant, person.alias))}  # fmt: skip
        for number, attack in enumerate(options.attacks):
            self.prepare(attack, number)

    def find(self, name: str) -> Person | None:
        """An account by UPN, alias, object id, mailbox GUID or directory name."""
        index = self._names.get(name.lower())
        return None if index is None else self.people[index]

    def mailbox(self, person: Person) -> Mailbox:
        """An account's mailbox."""
        return self.mailboxes[person.index]

    def exists(self, person: Person, now_ms: int) -> bool:
        """Whether the account has been created."""
        return self.tenant.start + person.joins * DAY <= now_ms or person.joins == 0

    def enabled(self, person: Person, now_ms: int) -> bool:
        """Whether the account may sign in."""
        return person.index not in self.disabled and self.tenant.start + person.leaves * DAY > now_ms

    def observe(self, records: list[Record], attack: int) -> None:
        """Take in records ahead of their time; each changes the state when its time has come."""
        for record in records:
            if record.feed != MANAGEMENT:
                continue
            if record.body["Operation"] in INTERESTING:
                number = chance(self.tenant.seed, "rule number", record.uid).getrandbits(62) | 1
                found = mailbox_change(record.body, record.time, number)
                person = None if found is None else self.find(found[0])
                if found is not None and person is not None:
                    apply = partial(self._change, record, found[1], person)
                    self._later(record.time, person.index, attack, apply)
            elif record.body["Operation"] in FLOW_CHANGES:
                who = self.find(str(record.body["UserId"]))
                index = NOBODY if who is None else who.index
                self._later(record.time, index, attack, partial(self._change_flow, record))
            elif record.body["Operation"] == "Consent to application.":
                consenting = self.find(str(record.body["UserId"]))
                if consenting is not None:
                    self._later(record.time, consenting.index, attack, partial(self._consent, record.body, record.uid))

    def _change(self, record: Record, change: Change, person: Person) -> None:
        """Change a mailbox, unless the record is about a rule that is no longer there."""
        body = record.body
        operation = str(body["Operation"])
        if operation.endswith("InboxRule") and not self._exists(record, operation):
            return
        change(self.mailboxes[person.index])
        if operation in GRANTS:
            self.granted(person, *grant_of(parameters_of(body)), record.time)

    def _change_flow(self, record: Record) -> None:
        if self._exists(record, str(record.body["Operation"])):
            self.flow.change(record.body, record.time)

    def _exists(self, record: Record, operation: str) -> bool:
        """Whether there is the rule that a cmdlet changes, as far as we did not remove it."""
        removed = self.removed.get(rule_key(record.body))
        if removed is None:
            return True
        if operation.startswith("New-"):
            removed.end(record.time)
        return not removed.holds(record.time)

    def remove(self, owner: str, rule: str, now_ms: int) -> None:
        """A rule of an account (a UPN), or of the tenant (empty), is gone by what we did."""
        self.removed.setdefault((owner, rule), Spans()).begin(now_ms)

    def _later(self, at: int, index: int, attack: int, apply: Callable[[], None]) -> None:
        with self.lock:
            self._count += 1
            heapq.heappush(self._waiting, (at, self._count, index, attack, apply))

    def advance(self, now_ms: int) -> None:
        """Apply what has happened by a moment."""
        if not self._waiting or self._waiting[0][0] > now_ms:
            return
        with self.lock:
            while self._waiting and self._waiting[0][0] <= now_ms:
                at, _, index, attack, apply = heapq.heappop(self._waiting)
                if self.happens(index, at, attack):
                    apply()
            self._forwarding = None

    def changed(self) -> None:
        """A mailbox was changed from outside."""
        self._forwarding = None
        self.silence = any(box.bypassed or box.unaudited for box in self.mailboxes)

    def forwarding(self) -> list[tuple[Person, Mailbox]]:
        """Accounts whose new mail is sent on."""
        found = self._forwarding
        if found is None:
            with self.lock:
                pairs = zip(self.people, self.mailboxes, strict=True)
                found = self._forwarding = [(person, box) for person, box in pairs if box.forwards(NEVER)]
        return found

    def _consent(self, body: Body, uid: str) -> None:
        text = next((str(entry["NewValue"]) for entry in body["ModifiedProperties"]
                     if entry["Name"] == "ConsentAction.Permissions"), "")  # fmt: skip
        found = _CONSENT.search(text)
        if found is None:
            return
        rng = chance(self.tenant.seed, "grant", uid)
        known = {str(principal["id"]) for principal in self.applications.principals}
        if found["client"] not in known:
            target: list[Body] = body["Target"]
            self.applications.principals.append(
                principal_body(
                    found["client"], str(target[4]["ID"]), str(target[3]["ID"]), rng.guid(), self.tenant.start
                )
            )
        self.applications.grants.append(Grant(rng.token(), found["client"], found["principal"], found["scope"]))

    def prepare(self, attack: Attack, number: int) -> None:
        """What an attack did before the data begins: the dormant one's rule."""
        if attack.story != "dormant":
            return
        victim = victim_of(self.tenant, self.people, attack, number)
        parameters = {"MarkAsRead": "True", "DeleteMessage": "True", "StopProcessingRules": "True"}
        identity = chance(self.tenant.seed, "rule number", "dormant", number).getrandbits(62) | 1
        rule = Rule(identity, dormant_rule_name(self.tenant, number), parameters, self.tenant.start - 3 * DAY,
                    hidden=self.options.hidden_rule)  # fmt: skip
        with self.lock:
            self.mailboxes[victim.index].rules.insert(0, rule)

    def resource_principal(self) -> str:
        """The object id of Microsoft Graph's service principal here."""
        return next(str(found["id"]) for found in self.applications.principals if found["appId"] == GRAPH_APP)

    def principal(self, identity: str) -> dict[str, Any] | None:
        """A service principal by its object id."""
        return next((found for found in self.applications.principals if found["id"] == identity), None)
