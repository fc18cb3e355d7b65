"""The page around its template: styles and script inline and named in the policy by their hash. Layer: streams."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from streams.sinks.report_times import Zone, duration, iso_utc

if TYPE_CHECKING:
    from jinja2 import Template

_UTC = Zone("UTC")
_TIME = Markup('<time datetime="{iso}" title="{utc} UTC"{wide}>{clock}<span class="z">{offset}</span></time>')


@cache
def page_template() -> Template:
    """The template, compiled once; every value that it prints is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined  # only here: no other command waits for it

    environment = Environment(
        loader=PackageLoader("streams.sinks", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"iso": iso_utc, "took": duration, "signed": _signed, "count": _count}
    return environment.get_template("report.html.j2")


@cache
def style() -> Markup:
    """The style sheet. It comes with the package and holds no value of an incident."""
    return _packaged("report.css")


@cache
def script() -> Markup:
    """The script. It comes with the package and holds no value of an incident."""
    return _packaged("report.js")


def policy() -> str:
    """The content security policy: this style and this script by their hash, and nothing else from anywhere."""
    return (
        f"default-src 'none'; style-src '{_digest(style())}'; script-src '{_digest(script())}'; "
        "base-uri 'none'; form-action 'none'"
    )


def time_tags(zone: Zone) -> dict[str, Callable[..., Any]]:
    """What a template calls to show a time: `when` as an element with UTC in its title, `plain` as text."""

    def plain(time_ms: int, seconds: bool = False) -> str:
        return " ".join(zone.parts(time_ms, seconds))

    def when(time_ms: int | None, seconds: bool = False) -> Markup | str:
        if time_ms is None:
            return "unknown"
        clock, offset = zone.parts(time_ms, seconds)
        utc, _ = _UTC.parts(time_ms, True)
        wide = Markup(' class="s"') if seconds else ""
        return _TIME.format(iso=iso_utc(time_ms), utc=utc, wide=wide, clock=clock, offset=f" {offset}")

    return {"when": when, "plain": plain}


def _packaged(name: str) -> Markup:
    return Markup(resources.files("streams.sinks").joinpath(name).read_text("utf-8"))  # constant, never a value


def _digest(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode("utf-8")).digest()).decode("ascii")


def _signed(nats: float) -> str:
    return f"{nats:+.1f}"


def _count(number: int) -> str:
    return f"{number:,}"
