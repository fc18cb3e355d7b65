"""An account: who it is, how it works, what it owns, and what will happen to it. Layer: streams."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from streams.simulation.world.cities import City
from streams.simulation.world.devices import Device
from streams.simulation.world.networks import Network, Place

Kind = Literal["user", "executive", "newsletter", "merge", "shared", "service", "admin"]


@dataclass(slots=True)
class Person:
    """One account with its identifiers, habits, devices, networks and personal calendar."""

    index: int
    kind: Kind
    first: str
    last: str
    alias: str
    upn: str
    mailbox_upn: str
    object_id: str
    puid: str
    sid: str
    mailbox_guid: str
    store: str
    rate: float
    inbound: float
    shift: int
    offset: int
    weekend: float
    home: City
    isp: Network
    dynamic_ip: bool
    mobile: Network
    office: Place | None
    office_share: float
    vpn: Place | None
    relay: bool
    split_tunnel: bool
    owa: bool
    shows_session: bool
    laptop: Device
    phone: Device
    next_laptop: Device
    team: int
    contacts: list[str] = field(default_factory=list)
    later_contacts: list[str] = field(default_factory=list)
    colleagues: list[int] = field(default_factory=list)
    boss: int = -1
    assistant: int = -1
    bulk: list[str] = field(default_factory=list)
    joins: int = 0
    leaves: int = 1 << 30
    role_change: int = 1 << 30
    device_day: int = 1 << 30
    isp_day: int = 1 << 30
    leave: frozenset[int] = frozenset()
    trips: dict[int, str] = field(default_factory=dict)
    events: dict[int, list[str]] = field(default_factory=dict)

    @property
    def display(self) -> str:
        """Display name."""
        return f"{self.first} {self.last}"

    def present(self, day: int) -> bool:
        """True while the account is in use."""
        return self.joins <= day < self.leaves

    def computer(self, day: int) -> Device:
        """The laptop in use on a day."""
        return self.next_laptop if day >= self.device_day else self.laptop
