"""Acts of our application on the tenant: the state changes, what comes next changes, and the vendor logs the act.

Layer: streams.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from streams.simulation.chance import chance
from streams.simulation.record import Record
from streams.simulation.records.cmdlets import Parameters, directory_name
from streams.simulation.records.deeds import app_cmdlet_record, app_directory_record, app_principal_record
from streams.simulation.records.directory import Changes
from streams.simulation.records.principals import Principal
from streams.simulation.service.applications import OWN_NAME, Grant
from streams.simulation.service.changes import set_mailbox
from streams.simulation.service.confirmed import confirmed_risk
from streams.simulation.service.directory import Directory
from streams.simulation.service.fates import EXPIRED_PASSWORD, WRONG_PASSWORD
from streams.simulation.service.flow_rules import FlowRule
from streams.simulation.service.interventions import Interventions
from streams.simulation.service.mailbox import Rule
from streams.simulation.service.returning import TRIES_MUST_CHANGE, TRIES_RESET
from streams.simulation.world.person import Person

_TOKENS_END = "Update StsRefreshTokenValidFrom Timestamp."
_TRUE, _FALSE = "[\r\n  true\r\n]", "[\r\n  false\r\n]"


@dataclass(slots=True)
class Deeds:
    """Everything that may be done. `done` lists (time, name, account or object) for tests. Thread-safe."""

    directory: Directory
    interventions: Interventions
    who: Principal
    done: list[tuple[int, str, str]] = field(default_factory=list)

    def revoke_sessions(self, person: Person, now_ms: int) -> None:
        """All sessions and refresh tokens end."""
        with self.directory.lock:
            self.directory.sessions_from[person.index] = now_ms
        self._entra(now_ms, _TOKENS_END, person, [("StsRefreshTokensValidFrom", '[\r\n  "now"\r\n]', "[]")])
        self.interventions.revoke(person, now_ms)

    def set_enabled(self, person: Person, enabled: bool, now_ms: int) -> None:
        """The account may sign in, or may not."""
        with self.directory.lock:
            if enabled:
                self.directory.disabled.discard(person.index)
            else:
                self.directory.disabled.add(person.index)
        operation = "Enable account." if enabled else "Disable account."
        change = ("AccountEnabled", _TRUE if enabled else _FALSE, _FALSE if enabled else _TRUE)
        self._entra(now_ms, operation, person, [change])
        if enabled:
            self.interventions.enable(person.index, now_ms)
        else:
            self.interventions.disable(person.index, now_ms)

    def reset_password(self, person: Person, must_change: bool, now_ms: int) -> None:
        """The password is another one, or (`must_change`) has to be changed at the next sign-in; sessions end."""
        with self.directory.lock:
            self.directory.sessions_from[person.index] = now_ms
        self._entra(now_ms, "Reset user password.", person, [])
        self._entra(now_ms, _TOKENS_END, person, [("StsRefreshTokensValidFrom", '[\r\n  "now"\r\n]', "[]")])
        if must_change:
            self.interventions.reset(person, now_ms, EXPIRED_PASSWORD, TRIES_MUST_CHANGE)
        else:
            self.interventions.reset(person, now_ms, WRONG_PASSWORD, TRIES_RESET)

    def set_rule(self, person: Person, rule: Rule, enabled: bool, now_ms: int) -> None:
        """A rule is switched on or off."""
        with self.directory.lock:
            rule.enabled = enabled
            self.directory.changed()
        self._rule(now_ms, "Enable-InboxRule" if enabled else "Disable-InboxRule", person, rule)

    def remove_rule(self, person: Person, rule: Rule, now_ms: int) -> None:
        """A rule is gone."""
        with self.directory.lock:
            rules = self.directory.mailbox(person).rules
            if rule in rules:
                rules.remove(rule)
            self.directory.remove(person.upn, rule.name, now_ms)
            self.directory.changed()
        self._rule(now_ms, "Remove-InboxRule", person, rule)

    def set_flow_rule(self, rule: FlowRule, enabled: bool, now_ms: int) -> None:
        """A mail flow rule is switched on or off."""
        with self.directory.lock:
            rule.enabled = enabled
        self._exchange(now_ms, "Enable-TransportRule" if enabled else "Disable-TransportRule", rule.name,
                       [("Identity", rule.name)])  # fmt: skip

    def remove_flow_rule(self, rule: FlowRule, now_ms: int) -> None:
        """A mail flow rule is gone."""
        with self.directory.lock:
            self.directory.flow.rules.remove(rule)
            self.directory.remove("", rule.name, now_ms)
        self._exchange(now_ms, "Remove-TransportRule", rule.name, [("Identity", rule.name)])

    def set_audit_bypass(self, person: Person, bypassed: bool, now_ms: int) -> None:
        """An account is exempt from mailbox auditing, or no longer."""
        with self.directory.lock:
            spans = self.directory.mailbox(person).bypassed
            if bypassed:
                spans.begin(now_ms)
            else:
                spans.end(now_ms)
            self.directory.changed()
        self._exchange(now_ms, "Set-MailboxAuditBypassAssociation", person.alias,
                       [("Identity", person.alias), ("AuditBypassEnabled", str(bypassed))])  # fmt: skip

    def set_mailbox(self, person: Person, parameters: dict[str, Any], now_ms: int) -> None:
        """Forwarding or auditing of a mailbox is changed."""
        with self.directory.lock:
            set_mailbox(parameters, now_ms)(self.directory.mailbox(person))
            self.directory.changed()
        told = [(name, "" if value is None else str(value)) for name, value in parameters.items() if name != "Identity"]
        self._exchange(now_ms, "Set-Mailbox", person.alias,
                       [("Identity", directory_name(self.directory.tenant, person.alias)), *told])  # fmt: skip

    def remove_permission(self, person: Person, member: str, right: str, now_ms: int) -> bool:
        """A right on a mailbox is taken back; False when nobody has it."""
        mailbox, who = self.directory.mailbox(person), self.directory.find(member)
        with self.directory.lock:
            kept = [entry for entry in mailbox.permissions
                    if entry[0].lower() != member.lower() or entry[1] != right]  # fmt: skip
            gone = len(kept) != len(mailbox.permissions)
            mailbox.permissions[:] = kept
        if gone and who is not None:
            self.interventions.lose(who, person.upn, right, now_ms)
        sends = right == "SendAs"
        self._exchange(now_ms, "Remove-RecipientPermission" if sends else "Remove-MailboxPermission", person.alias, [
            ("Identity", directory_name(self.directory.tenant, person.alias)), ("Trustee" if sends else "User", member),
            ("AccessRights", right)])  # fmt: skip
        return gone

    def remove_grant(self, grant: Grant, now_ms: int) -> None:
        """A delegated consent is withdrawn."""
        with self.directory.lock:
            self.directory.applications.grants.remove(grant)
        self._principal(now_ms, "Remove delegated permission grant.", grant.client,
                        [("DelegatedPermissionGrant.Scope", "", grant.scope)])  # fmt: skip

    def remove_role(self, role: dict[str, Any], now_ms: int) -> None:
        """An application loses an application role."""
        with self.directory.lock:
            self.directory.applications.roles.remove(role)
        self._principal(now_ms, "Remove app role assignment from service principal.", str(role["principalId"]),
                        [("AppRole.Value", "", str(role["roleValue"]))])  # fmt: skip

    def set_principal(self, body: dict[str, Any], enabled: bool, now_ms: int) -> None:
        """An application may get tokens, or may not."""
        with self.directory.lock:
            body["accountEnabled"] = enabled
        index = self.interventions.world.index.get(str(body["id"]))
        if index is not None and enabled:
            self.interventions.enable(index, now_ms)
        elif index is not None:
            self.interventions.disable(index, now_ms)
        change = ("AccountEnabled", _TRUE if enabled else _FALSE, _FALSE if enabled else _TRUE)
        self._principal(now_ms, "Update service principal.", str(body["id"]), [change])

    def remove_method(self, person: Person, method: dict[str, Any], now_ms: int) -> None:
        """An authentication method is deleted."""
        with self.directory.lock:
            self.directory.methods[person.index].remove(method)
        self._entra(now_ms, "Admin deleted security info", person, [])

    def confirm_compromised(self, people: list[Person], now_ms: int) -> None:
        """Identity Protection is told that accounts are taken over."""
        for person in people:
            self.done.append((now_ms, "confirmCompromised", person.upn))
            self.interventions.tell_risk(confirmed_risk(self.directory.tenant, person, now_ms), now_ms)

    def _entra(self, now_ms: int, operation: str, person: Person, changes: Changes) -> None:
        rng = chance(self.directory.tenant.seed, "deed", now_ms, operation, person.index)
        self._log(operation, person.upn, app_directory_record(
            self.directory.tenant, self.who, rng, now_ms, operation, person, changes))  # fmt: skip

    def _principal(self, now_ms: int, operation: str, identity: str, changes: Changes) -> None:
        body = self.directory.principal(identity) or {"appId": "", "displayName": ""}
        target = Principal(str(body["appId"]), identity, str(body["displayName"]))
        rng = chance(self.directory.tenant.seed, "deed", now_ms, operation, identity)
        self._log(operation, identity, app_principal_record(
            self.directory.tenant, self.who, rng, now_ms, operation, target, changes, self.directory.people[0]))  # fmt: skip

    def _rule(self, now_ms: int, operation: str, person: Person, rule: Rule) -> None:
        identity = f"{person.alias}\\{rule.name}"
        self._exchange(now_ms, operation, identity, [("Identity", f"{person.alias}\\{rule.number}"),
                                                     ("Mailbox", person.upn), ("Confirm", "False")])  # fmt: skip

    def _exchange(self, now_ms: int, operation: str, target: str, parameters: Parameters) -> None:
        tenant = self.directory.tenant
        rng = chance(tenant.seed, "deed", now_ms, operation, target)
        self._log(operation, target, app_cmdlet_record(
            tenant, self.who, rng, now_ms, tenant.offices[0].ip, operation, target, parameters))  # fmt: skip

    def _log(self, operation: str, target: str, record: Record) -> None:
        self.done.append((record.time, operation, target))
        self.interventions.world.add([record], exempt=True)


def own_principal(client_id: str, principal_id: str) -> Principal:
    """Our application in the tenant."""
    return Principal(client_id, principal_id, OWN_NAME)
