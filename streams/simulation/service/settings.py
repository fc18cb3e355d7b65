"""A settings file for whoever is to watch the practice tenants. Layer: streams."""

from __future__ import annotations

import time

from streams.clock import Clock, PracticeClock, WallClock
from streams.simulation.service.options import ServiceOptions
from streams.simulation.service.service import PracticeService


def practice_clock(speed: float, start_ms: int = 0) -> PracticeClock:
    """A clock that shows `start_ms` (the present when 0) now and runs `speed` times as fast as the wall's."""
    wall_ms = time.time_ns() // 1_000_000
    return PracticeClock(start_ms or wall_ms, wall_ms, speed)


def serve(options: ServiceOptions, clock: Clock | None = None) -> PracticeService:
    """Start the practice tenants (by the wall clock when none is given) and return the service.

    Writes `watchpost.toml` and the secrets into the service's folder. ValueError for impossible options; OSError when a
    port is taken or the folder cannot be written.
    """
    service = PracticeService(options, clock or WallClock())
    service.start()
    path = options.folder / "watchpost.toml"
    path.touch(mode=0o600)
    path.write_text(client_toml(service), encoding="utf-8")
    return service


def client_toml(service: PracticeService) -> str:
    """The settings: tenants with their addresses, the authority's certificate, and the practice clock's three numbers.

    Secrets are written to files of mode 600 in the service's folder and named there.
    """
    lines = [f"ca_bundle = {_text(str(service.ca_bundle))}", ""]
    clock = service.clock
    if isinstance(clock, PracticeClock):
        lines += ["[practice]", f"start_ms = {clock.start_ms}", f"wall_ms = {clock.wall_ms}",
                  f"speed = {float(clock.speed)!r}", ""]  # fmt: skip
    folder = service.options.folder / "secrets"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for tenant in service.tenants:
        path = folder / tenant.id
        path.touch(mode=0o600)
        path.write_text(tenant.client_secret, encoding="utf-8")
        lines += [
            "[[tenants]]",
            f"id = {_text(tenant.id)}",
            f"client_id = {_text(tenant.client_id)}",
            f"client_secret_file = {_text(str(path))}",
            f"home_domains = [{_text(tenant.domain)}]",
        ]
        lines += [f"{name}_url = {_text(service.urls[name])}" for name in ("login", "management", "graph", "exchange")]
        lines.append("")
    return "\n".join(lines)


def _text(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
