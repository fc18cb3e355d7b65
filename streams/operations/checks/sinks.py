"""Where alerts go: the settings are right, and the hosts can be reached. No alert is sent. Layer: streams."""

from __future__ import annotations

from streams.operations.checks.check import Finding, fail, ok
from streams.operations.checks.installation import Installation
from streams.operations.checks.reach import reach_problem
from streams.operations.checks.sink_places import places
from streams.sinks.sink_settings import sinks_from
from streams.sinks.sink_table import SinkError


class Sinks:
    """One finding per sink."""

    name = "sinks"

    def run(self, context: Installation) -> list[Finding]:
        """Read the settings and open (and close) a connection to each host."""
        tables = [dict(table) for table in context.sinks]
        if not tables:
            return [ok("settings", "none are set: alerts go to standard output")]
        try:
            found = sinks_from(tables, context.environ, context.clock)
        except SinkError as error:
            return [fail("settings", str(error), "Correct [[sinks]] in the settings file.")]
        findings = []
        for one, table in zip(found, tables, strict=True):
            one.sink.close()
            findings += [self._place(one.name, one.kind, table, context)]
        return findings

    def _place(self, name: str, kind: str, table: dict[str, object], context: Installation) -> Finding:
        where = places(name, kind, table, context.environ)
        if not where:
            return ok(name, f"{kind}: the settings are right")
        problems = [problem for place in where if (problem := reach_problem(place))]
        shown = ", ".join(place.shown for place in where)
        if problems and (len(problems) == len(where) or kind != "kafka"):
            return fail(name, f"{kind}: {'; '.join(problems)}", "Check the address, DNS, the proxy and the firewall.")
        return ok(name, f"{kind}: {shown} can be reached; no alert was sent")
