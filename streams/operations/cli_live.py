"""The commands that watch tenants, and those that look at what was found. Layer: streams."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from schemas.contracts.incident import Tier
from streams.operations.one_line_group import OneLineGroup
from streams.operations.options import AsJson, Config, Egress, Follow, Geo, HomeDomains, MetricsAddress, Store, TimeZone
from streams.operations.output_format import OutputFormat
from streams.operations.settings import file_table, file_value, variable

STORE = Path("watchpost.db")


class VerdictName(StrEnum):
    """What somebody found an incident to be (contracts 3)."""

    MALICIOUS = "malicious"
    BENIGN = "benign"
    NORMAL = "normal"
    UNSURE = "unsure"


def run(
    context: typer.Context,
    store: Store = STORE,
    follow: Follow = None,
    home_domain: HomeDomains = None,
    look_back_days: Annotated[
        float,
        typer.Option(envvar=variable("look_back_days"), help="How far the first start looks back: 0 to 7 days."),
    ] = 7.0,
    archive_days: Annotated[
        float, typer.Option(envvar=variable("archive_days"), min=1, max=36_500, help="How long records are kept.")
    ] = 30.0,
    metrics_address: MetricsAddress = "127.0.0.1:9464",
    geo: Geo = None,
    egress: Egress = None,
    config: Config = None,
) -> int:
    """Watch one tenant or many from this minute on: one process, one file."""
    from streams.drivers.embedded.retention import Retention
    from streams.operations.live_settings import clock_of, required_tenants
    from streams.operations.run_command import RunOptions, run_watch, sink_tables

    return run_watch(
        RunOptions(
            tenants=required_tenants(context, follow or (), home_domain or ()),
            clock=clock_of(context),
            store=store,
            sinks=sink_tables(file_value(context, "sinks")),
            geo=tuple(geo or ()),
            egress=tuple(egress or ()),
            metrics_address=metrics_address,
            look_back_days=look_back_days,
            retention=Retention(archive_days=archive_days),
        )
    )


incidents = typer.Typer(cls=OneLineGroup, no_args_is_help=True, help="Incidents that `run` found, also while it works.")
tenants = typer.Typer(cls=OneLineGroup, no_args_is_help=True, help="Whom a store knows; forgetting one.")
Tenant = Annotated[str, typer.Option("--tenant", metavar="ID", help="Only of this tenant.")]
LeastTier = Annotated[Tier, typer.Option("--tier", help="Of this tier or higher.")]
OpenOnly = Annotated[bool, typer.Option("--open", help="Only those that are not closed.")]
Days = Annotated[float, typer.Option("--days", min=0, max=36_500, help="Only with evidence of the last days; 0: all.")]
Uid = Annotated[str, typer.Argument(metavar="INCIDENT", help="Its id, or the beginning of it.")]


@incidents.command("list")
def list_incidents(
    tenant: Tenant = "",
    tier: LeastTier = Tier.REVIEW,
    open_only: OpenOnly = False,
    days: Days = 0.0,
    store: Store = STORE,
    as_json: AsJson = False,
    config: Config = None,
) -> int:
    """One line per incident, the latest first."""
    from streams.operations import incidents_command as command

    return command.list_incidents(store, command.Chosen(tenant, tier, open_only, days), as_json)


@incidents.command()
def show(uid: Uid, store: Store = STORE, as_json: AsJson = False, config: Config = None) -> int:
    """An incident as it stands: who, what, how sure, what to do; the story; what people said."""
    from streams.operations.incidents_command import show_incident

    return show_incident(store, uid, as_json)


@incidents.command()
def report(
    uids: Annotated[list[str] | None, typer.Argument(metavar="INCIDENT", help="None: all that are chosen.")] = None,
    output: Annotated[Path, typer.Option("--output", metavar="FILE", help="The page.")] = Path("watchpost-report.html"),
    zone: TimeZone = "UTC",
    tenant: Tenant = "",
    tier: LeastTier = Tier.REVIEW,
    open_only: OpenOnly = False,
    days: Days = 0.0,
    store: Store = STORE,
    config: Config = None,
) -> int:
    """One self-contained HTML page: timeline, each account's normal beside the day, records by id."""
    from streams.operations import incidents_command as command

    chosen = command.Chosen(tenant, tier, open_only, days)
    return command.report_incidents(store, uids or (), chosen, output, zone)


@incidents.command()
def verdict(
    uid: Uid,
    found: Annotated[VerdictName, typer.Argument(metavar="VERDICT", help="malicious, benign, normal or unsure.")],
    why: Annotated[str, typer.Option(help="In a few words.")] = "",
    who: Annotated[str, typer.Option(help="Default: the user of this machine.")] = "",
    store: Store = STORE,
    config: Config = None,
) -> int:
    """Say what an incident was."""
    from streams.drivers.embedded.feedback import Verdict
    from streams.operations.incidents_command import give_verdict

    return give_verdict(store, uid, Verdict(found.value), why, who)


@tenants.command("list")
def list_tenants(store: Store = STORE, as_json: AsJson = False, config: Config = None) -> int:
    """One line per tenant."""
    from streams.operations.tenants_command import show_tenants

    return show_tenants(store, as_json)


@tenants.command()
def remove(
    tenant: Annotated[str, typer.Argument(metavar="TENANT", help="Its id.")],
    sure: Annotated[bool, typer.Option("--yes", help="Really.")] = False,
    store: Store = STORE,
    as_json: AsJson = False,
    config: Config = None,
) -> int:
    """Delete everything of a tenant, and show that nothing is left."""
    from streams.operations.tenants_command import forget_tenant

    return forget_tenant(store, tenant, sure, as_json)


def try_it(
    folder: Annotated[
        Path | None, typer.Option("--folder", metavar="DIR", help="A new folder. Default: watchpost-try here.")
    ] = None,
    accounts: Annotated[int, typer.Option(min=10, max=1000, help="Of the practice tenant.")] = 50,
    seed: Annotated[int, typer.Option(help="Another seed, another tenant.")] = 4,
    speed: Annotated[float, typer.Option(min=10, max=600, help="Practice seconds per second.")] = 150.0,
    config: Config = None,
) -> int:
    """See it work: a practice tenant over HTTPS is watched, attacked, and reported on. About a minute."""
    from streams.operations.try_command import TryOptions, run_try

    return run_try(TryOptions(folder, accounts, seed, speed))


def look_back(
    context: typer.Context,
    store: Store = STORE,
    days: Annotated[float, typer.Option(envvar=variable("look_back_days"), help="More than 0, at most 7.")] = 7.0,
    form: Annotated[
        OutputFormat | None,
        typer.Option("--format", envvar=variable("format"), help="table or jsonl. Default: table on a terminal."),
    ] = None,
    home_domain: HomeDomains = None,
    geo: Geo = None,
    egress: Egress = None,
    config: Config = None,
) -> int:
    """What the vendor still holds of the last days, and what is already there: rules, forwarding, consents, administrators."""
    from streams.operations.detection import knowledge_of
    from streams.operations.live_settings import clock_of, required_tenants
    from streams.operations.look_back_command import run_look_back

    tenants = required_tenants(context, (), home_domain or ())
    return run_look_back(tenants, clock_of(context), store, knowledge_of(geo or (), egress or ()), form, days)


def doctor(
    context: typer.Context,
    store: Store = STORE,
    geo: Geo = None,
    as_json: AsJson = False,
    config: Config = None,
) -> int:
    """Credentials, permissions, licences, feeds, sinks, broker; then what each detector can see here, and what is missing."""
    from streams.operations.doctor import run_doctor
    from streams.operations.kafka_settings import kafka_settings_if_set
    from streams.operations.live_settings import clock_of, watched_tenants
    from streams.operations.run_command import sink_tables

    kafka = kafka_settings_if_set(file_table(context, "kafka"))
    sinks = sink_tables(file_value(context, "sinks"))
    return run_doctor(watched_tenants(context), clock_of(context), store, kafka, sinks, tuple(geo or ()), as_json)


def add_live_commands(app: typer.Typer) -> None:
    """Put them into the command line."""
    app.command("try")(try_it)
    app.command()(run)
    app.command("look-back")(look_back)
    app.command()(doctor)
    app.add_typer(incidents, name="incidents")
    app.add_typer(tenants, name="tenants")
