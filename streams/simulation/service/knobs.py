"""Options written as text: `late_listed=0.2,expiration_days=7,audit_on=no`. Layer: streams."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from streams.simulation.service.options import TenantOptions
from streams.simulation.service.values import pairs_of, value_like

_NOT_KNOBS = frozenset(("seed", "id", "client_id", "client_secret", "certificate_pem", "federation", "attacks", "accounts",
                        "past_days", "domain"))  # fmt: skip
_SETS = ("roles", "licences", "subscribed")
_PART = "+"  # between the members of a set


def knob_names() -> list[str]:
    """What `with_knobs` knows, sorted."""
    return sorted(found.name for found in fields(TenantOptions) if found.name not in _NOT_KNOBS)


def with_knobs(options: TenantOptions, text: str) -> TenantOptions:
    """The options, changed. ValueError for what is unknown or impossible.

    Sets are written `P1+P2`, an empty one `none`, all but some `-P2`.
    """
    known, changes = knob_names(), dict[str, Any]()
    for name, value in pairs_of(text):
        if name not in known:
            raise ValueError(f"unknown knob {name!r}; known: {', '.join(known)}")
        example = getattr(options, name)
        if name in _SETS:
            changes[name] = type(example)(_members(list(example), value or "none"))
        else:
            changes[name] = value_like(name, example, value)
    return replace(options, **changes)


def _members(usual: list[str], text: str) -> list[str]:
    parts = [] if text == "none" else [part.strip() for part in text.split(_PART)]
    if not parts or not all(part.startswith("-") for part in parts):
        return parts
    gone = {part[1:] for part in parts}
    if not gone <= set(usual):
        raise ValueError(f"{text}: only members can be taken away: {', '.join(sorted(usual))}")
    return [member for member in usual if member not in gone]
