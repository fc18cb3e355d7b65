"""`watchpost simulate --serve`: practice tenants over HTTPS, to be watched and attacked. Layer: streams."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from streams.clock import PracticeClock
from streams.operations.refusal import Refusal
from streams.operations.run_command import ended_by_signals
from streams.operations.standard_error import tell
from streams.simulation.service.faults import fault_profile
from streams.simulation.service.knobs import with_knobs
from streams.simulation.service.options import STORIES, Attack, ServiceOptions, TenantOptions
from streams.simulation.service.service import PracticeService
from streams.simulation.service.settings import serve

SETTINGS = "watchpost.toml"
START_MS = 1_773_219_600_000  # 2026-03-11 09:00 UTC, a Wednesday: the practice day begins at work


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """Options of the command. Attacks begin `attack_minutes` of practice time after the start, half an hour apart."""

    folder: Path
    seed: int = 1
    accounts: int = 60
    tenants: int = 1
    speed: float = 1.0
    past_days: int = 8
    attacks: tuple[str, ...] = ("seed",)
    attack_minutes: float = 30.0
    faults: str = "none"
    knobs: str = ""  # of the tenants: `late_listed=0.2,licences=P1`
    event_hub: str = ""  # `HOST:PORT/TOPIC`
    port: int = 0  # first of five in a row; 0: any
    log_served: bool = False
    lateness: float = 1.0


def run_serve(options: ServeOptions) -> int:
    """Serve until SIGINT or SIGTERM."""
    with ended_by_signals() as stop, practice_service(options) as service:
        settings = options.folder / SETTINGS
        for tenant in service.tenants:
            tell(f"practice tenant {tenant.id} ({tenant.domain}), {options.accounts} accounts")
        tell(f"settings for whoever watches it: {settings}")
        tell(f"in another terminal: watchpost run --config {settings} --store {options.folder / 'watchpost.db'}")
        told: set[str] = set()
        while not stop.wait(1.0):
            for problem in service.problems:
                if problem not in told:
                    told.add(problem)
                    tell(problem)
    return 0


@contextmanager
def practice_service(options: ServeOptions) -> Iterator[PracticeService]:
    """The service, started, with its settings file written. Refusal when the options or the folder are wrong."""
    wall_ms = time.time_ns() // 1_000_000
    start_ms = wall_ms if options.speed == 1.0 else START_MS
    try:
        found = ServiceOptions(
            folder=options.folder.resolve(),
            tenants=tuple(_tenant(options, number, start_ms) for number in range(options.tenants)),
            ports=_ports(options.port),
            faults=fault_profile(options.faults),
            sent=options.log_served,
            event_hub=options.event_hub,
        )
        options.folder.mkdir(parents=True, exist_ok=True)
        service = serve(found, PracticeClock(start_ms, wall_ms, options.speed))
    except ValueError as error:
        raise Refusal(str(error)) from None
    except OSError as error:
        raise Refusal(f"the practice tenant cannot be served from {options.folder}: {error.strerror}") from None
    try:
        yield service
    finally:
        service.stop()


def attacks_named(text: str) -> tuple[str, ...]:
    """`none`, or stories divided by commas. Refusal for an unknown one."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    if names == ["none"]:
        return ()
    known = {story.lower(): story for story in STORIES}
    for name in names:
        if name.lower() not in known:
            raise Refusal(f"unknown attack {name}; known: none, {', '.join(STORIES)}")
    return tuple(known[name.lower()] for name in names)


def _tenant(options: ServeOptions, number: int, start_ms: int) -> TenantOptions:
    first_ms = start_ms + int(options.attack_minutes * 60_000)
    attacks = tuple(Attack(story, first_ms + place * 1_800_000) for place, story in enumerate(options.attacks))
    found = TenantOptions(
        seed=options.seed + number,
        accounts=options.accounts,
        past_days=options.past_days,
        attacks=attacks,
        lateness=options.lateness,
        subscribed=("Audit.AzureActiveDirectory", "Audit.Exchange", "Audit.SharePoint"),
    )
    return with_knobs(found, options.knobs)


def _ports(first: int) -> tuple[int, int, int, int, int]:
    if first == 0:
        return (0, 0, 0, 0, 0)
    return (first, first + 1, first + 2, first + 3, first + 4)
