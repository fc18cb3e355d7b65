"""Mail flow (transport) rules of a tenant, as Get-TransportRule shows them. Layer: streams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from streams.simulation.chance import chance
from streams.simulation.clock import DAY, graph_time
from streams.simulation.record import Body
from streams.simulation.service.changes import parameters_of
from streams.simulation.service.options import TenantOptions
from streams.simulation.world.tenant import Tenant

FLOW_CHANGES = frozenset(("New-TransportRule", "Set-TransportRule", "Remove-TransportRule", "Enable-TransportRule",
                          "Disable-TransportRule"))  # fmt: skip
_LISTS = frozenset(("BlindCopyTo", "CopyTo", "AddToRecipients", "RedirectMessageTo", "SubjectContainsWords",
                    "SubjectOrBodyContainsWords", "From"))  # fmt: skip
_FLAGS = frozenset(("DeleteMessage", "StopRuleProcessing"))
_SHOWN = (*sorted(_LISTS), "SentToScope", "FromScope", "ApplyHtmlDisclaimerText", "ApplyHtmlDisclaimerLocation",
          "SetAuditSeverity")  # fmt: skip
_NOT_CONTENT = frozenset(("Identity", "Name", "Mode", "Enabled", "Confirm", "Force"))


@dataclass(slots=True)
class FlowRule:
    """One mail flow rule. `parameters` are those of the cmdlet; `mode` Enforce, Audit or AuditAndNotify."""

    id: str
    name: str
    parameters: dict[str, str]
    made_ms: int
    enabled: bool = True
    mode: str = "Enforce"

    def exchange(self, priority: int) -> dict[str, Any]:
        """As Get-TransportRule shows it through the admin API."""
        found: dict[str, Any] = {
            "Identity": self.name,
            "Name": self.name,
            "Guid@data.type": "System.Guid",
            "Guid": self.id,
            "Priority": priority,
            "State": "Enabled" if self.enabled else "Disabled",
            "Mode": self.mode,
            "WhenChanged": graph_time(self.made_ms),
        }
        for name in _SHOWN:
            value = self.parameters.get(name)
            found[name] = value.split(";") if value and name in _LISTS else value
        return found | {name: self.parameters.get(name) == "True" for name in sorted(_FLAGS)}


class FlowRules:
    """The tenant's rules in order of priority."""

    def __init__(self, tenant: Tenant, options: TenantOptions) -> None:
        self._seed = tenant.seed
        self.rules: list[FlowRule] = []
        if chance(tenant.seed, "mail flow").happens(0.6):
            self._add("External sender", {"FromScope": "NotInOrganization", "ApplyHtmlDisclaimerLocation": "Prepend",
                      "ApplyHtmlDisclaimerText": "<p>From outside.</p>"}, tenant.start - 300 * DAY)  # fmt: skip
        if options.copied_to:
            self._add("Journal", {"BlindCopyTo": options.copied_to}, tenant.start - 3 * DAY)

    def _add(self, name: str, parameters: dict[str, str], made_ms: int) -> FlowRule:
        kept = {key: value for key, value in parameters.items() if key not in _NOT_CONTENT}
        rule = FlowRule(chance(self._seed, "mail flow rule", name, made_ms).guid(), name, kept, made_ms,
                        parameters.get("Enabled") != "False", parameters.get("Mode", "Enforce"))  # fmt: skip
        self.rules.append(rule)
        return rule

    def find(self, name: str) -> FlowRule | None:
        """A rule by name or id."""
        return next((rule for rule in self.rules if name.lower() in (rule.name.lower(), rule.id)), None)

    def change(self, body: Body, made_ms: int) -> None:
        """What a cmdlet that an administrator ran makes of them."""
        parameters = parameters_of(body)
        name = parameters.get("Identity") or parameters.get("Name", "")
        rule, verb = self.find(name), str(body["Operation"]).partition("-")[0]
        if verb in ("New", "Set"):
            if rule is None:
                self._add(name, parameters, made_ms)
            else:
                rule.parameters.update({key: value for key, value in parameters.items() if key not in _NOT_CONTENT})
                rule.made_ms, rule.mode = made_ms, parameters.get("Mode", rule.mode)
        elif rule is not None and verb == "Remove":
            self.rules.remove(rule)
        elif rule is not None:
            rule.enabled = verb == "Enable"
