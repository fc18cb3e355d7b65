"""One Exchange cmdlet with its parameters, and what every cmdlet needs. Layer: streams."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from streams.simulation.service.mailbox import Mailbox
from streams.simulation.service.tenant import PracticeTenant
from streams.simulation.world.person import Person

_WARNING = "There are more results available than are currently displayed. To view them, increase the ResultSize value."
NOT_FOUND = "Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException"

Rows = list[dict[str, Any]]
Answer = tuple[Rows, str]  # rows, and a warning or ""
Command = Callable[["Call"], Answer]


class CommandFailed(Exception):
    """The cmdlet's own error: its type and text."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind, self.text = kind, text


@dataclass(frozen=True, slots=True)
class Call:
    """One cmdlet with its parameters, in a tenant at a moment."""

    tenant: PracticeTenant
    parameters: Mapping[str, Any]
    now_ms: int

    def text(self, name: str) -> str:
        """A parameter as text; empty when absent."""
        value = self.parameters.get(name)
        return "" if value is None else str(value)

    def flag(self, name: str) -> bool:
        """A switch."""
        return self.parameters.get(name) in (True, "True", "true", "$true")

    def limit(self, default: int) -> int:
        """ResultSize."""
        text = self.text("ResultSize") or str(default)
        return 1 << 30 if text.lower() == "unlimited" else int(text) if text.isdecimal() else default

    def person(self, name: str = "Identity") -> Person:
        """The account that a parameter names; `CommandFailed`."""
        found = self.tenant.directory.find(self.text(name))
        if found is None:
            raise CommandFailed(
                NOT_FOUND, f"The operation couldn't be performed because object '{self.text(name)}' couldn't be found."
            )
        return found

    def people(self) -> list[Person]:
        """The account of Identity, or all."""
        if self.text("Identity") and self.text("Identity") != "*":
            return [self.person()]
        directory = self.tenant.directory
        return [person for person in directory.people if directory.exists(person, self.now_ms)]

    def mailbox(self, person: Person) -> Mailbox:
        """An account's mailbox."""
        return self.tenant.directory.mailbox(person)


def cut(rows: Rows, most: int) -> Answer:
    """At most so many rows, and the warning that there are more."""
    return rows[:most], _WARNING if len(rows) > most else ""
