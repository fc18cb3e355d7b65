"""The report of an evaluation as tables for a terminal. Layer: streams."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from schemas.text import printable
from streams.evaluation.intervals import Share
from streams.evaluation.report import EvaluationReport, FalseRate

_NONE = "-"
LISTED_MAX = 40


def tables(report: EvaluationReport) -> Iterator[Table]:
    """Every table of the report, to be printed one after the other."""
    yield _recall(report)
    yield _quality(report)
    yield _false(report)
    if report.false_incidents:
        yield _false_list(report)
    if report.look_alikes:
        yield _look_alikes(report)


def _recall(report: EvaluationReport) -> Table:
    table = _table(
        "Attacks found",
        "scenario, tier",
        "found",
        "recall (95 %)",
        "minutes to detection: median, p90",
        "recipients before: median, p90",
        "records still to come: median",
    )
    for row in report.figures():
        table.add_row(
            _safe(f"{row.scenario}, {row.tier}"),
            f"{row.recall.hits} of {row.recall.total}",
            _share(row.recall),
            f"{_number(row.seconds.median, 1 / 60)}, {_number(row.seconds.p90, 1 / 60)}",
            f"{_number(row.recipients.median)}, {_number(row.recipients.p90)}",
            _number(row.harm_after.median, 100, " %"),
        )
    return table


def _quality(report: EvaluationReport) -> Table:
    table = _table(
        "How incidents tell what they found",
        "scenario",
        "explained",
        "order of stages",
        "purity",
        "incidents an attack",
    )
    for row in report.quality():
        table.add_row(
            _safe(row.scenario),
            _share(row.explained),
            _share(row.in_order),
            _number(row.purity_mean, 100, " %"),
            _number(row.incidents_per_attack),
        )
    return table


def _false(report: EvaluationReport) -> Table:
    seen = report.exposure
    table = _table(
        f"False incidents per 1,000 accounts per day, over {seen.account_days:,.0f} account-days",
        "tier",
        "seen",
        "rate (95 %)",
    )
    for row in report.false_rates:
        table.add_row(str(row.tier), str(row.incidents), _rate(row))
    table.caption = f"apart from these: {report.visibility} about visibility"
    return table


def _false_list(report: EvaluationReport) -> Table:
    table = _table("False incidents", "account", "tier", "title", "set")
    for row in report.false_incidents[:LISTED_MAX]:
        table.add_row(_safe(row.subject), str(row.tier), _safe(row.title), _safe(row.labelled))
    _more(table, len(report.false_incidents))
    return table


def _look_alikes(report: EvaluationReport) -> Table:
    table = _table("Benign look-alikes that became evidence", "kind", "account", "tier", "within an attack", "which")
    for row in report.look_alikes[:LISTED_MAX]:
        within = "yes" if row.within_attack else "no"
        table.add_row(_safe(row.kind), _safe(row.subject), str(row.tier), within, _safe(row.attack_id))
    _more(table, len(report.look_alikes))
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", caption_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _more(table: Table, number: int) -> None:
    if number > LISTED_MAX:
        table.caption = f"and {number - LISTED_MAX} more: see the JSON"


def _safe(text: str) -> Text:
    return Text(printable(text))


def _share(share: Share) -> str:
    if share.value is None:
        return _NONE
    return f"{share.value:.1%} ({share.interval.low:.1%} to {share.interval.high:.1%})"


def _rate(row: FalseRate) -> str:
    if row.interval is None:
        return f"0 (at most {row.upper_when_none or 0:.3g})"
    return f"{row.rate:.3g} ({row.interval.low:.3g} to {row.interval.high:.3g})"


def _number(value: float | None, factor: float = 1, unit: str = "") -> str:
    return _NONE if value is None else f"{value * factor:,.1f}{unit}"
