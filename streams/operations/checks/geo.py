"""The network data: there, readable, and how old. Layer: streams."""

from __future__ import annotations

from pathlib import Path

import maxminddb

from streams.operations.checks.check import Finding, fail, ok, warn
from streams.operations.checks.installation import Installation
from streams.operations.checks.wording import day, span

OLD_MS = 45 * 86_400_000
_REMEDY = "Fetch the current file from its maker: addresses change hands every week."


class Geo:
    """One finding per file."""

    name = "network data"

    def run(self, context: Installation) -> list[Finding]:
        """Open each file."""
        if not context.geo:
            text = "no file is named: countries only, no operator (ASN) and no city"
            return [warn("files", text, "Name MMDB files with --geo or WATCHPOST_GEO.")]
        return [_file(path, context.clock.now_ms()) for path in context.geo]


def _file(path: Path, now_ms: int) -> Finding:
    try:
        with maxminddb.open_database(path) as reader:
            about = reader.metadata()
    except maxminddb.InvalidDatabaseError:
        return fail(path.name, f"{path}: damaged, or no MMDB file", "Unpack it, or fetch it again.")
    except (OSError, ValueError) as error:
        return fail(path.name, f"{path}: {getattr(error, 'strerror', None) or 'cannot be read'}", "Check the path.")
    built_ms = about.build_epoch * 1000
    text = f"{about.database_type}, of {day(built_ms)}"
    age_ms = now_ms - built_ms
    return warn(path.name, f"{text}, {span(age_ms)} old", _REMEDY) if age_ms > OLD_MS else ok(path.name, text)
