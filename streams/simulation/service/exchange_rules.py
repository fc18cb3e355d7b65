"""Cmdlets about rules: inbox rules of a mailbox, mail flow rules of the tenant. Layer: streams."""

from __future__ import annotations

from streams.simulation.service.exchange_call import NOT_FOUND, Answer, Call, Command, CommandFailed, cut
from streams.simulation.service.flow_rules import FlowRule
from streams.simulation.service.mailbox import Rule
from streams.simulation.world.person import Person


def _rules(call: Call) -> Answer:
    person = call.person("Mailbox") if call.text("Mailbox") else call.person()
    mailbox, hidden = call.mailbox(person), call.flag("IncludeHidden")
    with call.tenant.directory.lock:
        shown = [rule for rule in mailbox.rules if hidden or not rule.hidden]
        return [rule.exchange(number, person.alias) for number, rule in enumerate(shown, 1)], ""


def _rule(call: Call) -> tuple[Person, Rule]:
    name = call.text("Identity")
    owner = call.person("Mailbox") if call.text("Mailbox") else call.tenant.directory.find(name.partition("\\")[0])
    rule = None if owner is None else call.mailbox(owner).rule(name)
    if owner is None or rule is None:
        raise CommandFailed(NOT_FOUND, f"Rule '{name}' couldn't be found.")
    return owner, rule


def _disable_rule(call: Call) -> Answer:
    call.tenant.deeds.set_rule(*_rule(call), False, call.now_ms)
    return [], ""


def _enable_rule(call: Call) -> Answer:
    call.tenant.deeds.set_rule(*_rule(call), True, call.now_ms)
    return [], ""


def _remove_rule(call: Call) -> Answer:
    call.tenant.deeds.remove_rule(*_rule(call), call.now_ms)
    return [], ""


def _flow_rules(call: Call) -> Answer:
    with call.tenant.directory.lock:
        shown = [rule.exchange(number) for number, rule in enumerate(call.tenant.directory.flow.rules)]
        if call.text("Identity"):
            wanted = _flow_rule(call)
            shown = [row for row in shown if row["Guid"] == wanted.id]
    return cut(shown, call.limit(1000))


def _flow_rule(call: Call) -> FlowRule:
    found = call.tenant.directory.flow.find(call.text("Identity"))
    if found is None:
        raise CommandFailed(NOT_FOUND, f"The transport rule '{call.text('Identity')}' couldn't be found.")
    return found


def _disable_flow_rule(call: Call) -> Answer:
    call.tenant.deeds.set_flow_rule(_flow_rule(call), False, call.now_ms)
    return [], ""


def _enable_flow_rule(call: Call) -> Answer:
    call.tenant.deeds.set_flow_rule(_flow_rule(call), True, call.now_ms)
    return [], ""


def _remove_flow_rule(call: Call) -> Answer:
    call.tenant.deeds.remove_flow_rule(_flow_rule(call), call.now_ms)
    return [], ""


COMMANDS: dict[str, Command] = {
    "Get-InboxRule": _rules,
    "Disable-InboxRule": _disable_rule,
    "Enable-InboxRule": _enable_rule,
    "Remove-InboxRule": _remove_rule,
    "Get-TransportRule": _flow_rules,
    "Disable-TransportRule": _disable_flow_rule,
    "Enable-TransportRule": _enable_flow_rule,
    "Remove-TransportRule": _remove_flow_rule,
}
