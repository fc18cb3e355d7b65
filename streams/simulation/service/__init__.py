"""The practice tenants over HTTPS. Layer: streams."""

from streams.simulation.service.faults import Faults, fault_profile
from streams.simulation.service.options import Attack, ServiceOptions, TenantOptions
from streams.simulation.service.service import Credentials, PracticeService
from streams.simulation.service.settings import client_toml, practice_clock, serve

__all__ = [
    "Attack",
    "Credentials",
    "Faults",
    "PracticeService",
    "ServiceOptions",
    "TenantOptions",
    "client_toml",
    "fault_profile",
    "practice_clock",
    "serve",
]
