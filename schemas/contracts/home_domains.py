"""The entry by which a collector tells a tenant's own mail domains once the log has begun. Layer: schemas.

A profile entry whose record id begins with `home domains|`. Its domains hold in every later profile, also in one that was on its
way already and knows the former ones, until the next such entry; nothing else of it counts where a later day is in force.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from schemas.contracts.log import EntryKind, LogEntry
from schemas.contracts.profile import Profile, decode_profile, encode_profile

_NAME: Final = "home domains|"


def home_domains_entry(profile: Profile, domains: Iterable[str]) -> LogEntry:
    """The profile in force with other home domains, as an entry for every partition."""
    value = encode_profile(replace(profile, home_domains=tuple(sorted(domains))))
    return LogEntry(EntryKind.PROFILE, profile.tenant, "", value, "profile", f"{_NAME}{decode_profile(value).id}")


def tells_home_domains(entry: LogEntry) -> bool:
    """Whether a profile entry is one of these."""
    return entry.record_id.startswith(_NAME)


def with_home_domains(profile: Profile, domains: tuple[str, ...]) -> Profile:
    """The profile with these home domains, and the id that it then has; the same object where they are its own."""
    if profile.home_domains == domains:
        return profile
    return decode_profile(encode_profile(replace(profile, home_domains=domains)))
