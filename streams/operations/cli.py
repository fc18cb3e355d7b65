"""The command line: one function per command, everything heavy imported inside. Layer: streams."""

from __future__ import annotations

from importlib.metadata import version as distribution_version
from pathlib import Path
from typing import Annotated

import typer

from schemas.contracts.incident import Tier
from streams.operations.cli_live import add_live_commands
from streams.operations.one_line_group import OneLineGroup
from streams.operations.options import AsJson, Config, Egress, Follow, Geo, HomeDomains, MetricsAddress, TimeZone
from streams.operations.output_format import OutputFormat
from streams.operations.settings import file_table, variable

app = typer.Typer(
    cls=OneLineGroup,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Keeps watch over Microsoft 365 mailboxes and identities.",
)


@app.command()
def version() -> None:
    """Print the version."""
    print(distribution_version("watchpost"))


@app.command()
def scan(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH", help="Files or folders, `-` for standard input. None: the shipped sample."),
    ] = None,
    form: Annotated[
        OutputFormat | None,
        typer.Option("--format", envvar=variable("format"), help="Default: table on a terminal, else jsonl."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", envvar=variable("output"), metavar="FILE", help="Instead of standard output."),
    ] = None,
    tier: Annotated[
        Tier, typer.Option("--tier", envvar=variable("tier"), help="Show incidents of this tier or higher.")
    ] = Tier.REVIEW,
    home_domain: HomeDomains = None,
    fail_on: Annotated[
        Tier | None,
        typer.Option(
            "--fail-on", envvar=variable("fail_on"), help="Exit with 3 when there is one of this tier or higher."
        ),
    ] = None,
    zone: TimeZone = "UTC",
    geo: Geo = None,
    egress: Egress = None,
    config: Config = None,
) -> int:
    """Find incidents in an export: Purview, Search-UnifiedAuditLog, Graph sign-ins, message trace; gzip, zip or plain."""
    from streams.operations.scan_command import ScanOptions, run_scan

    return run_scan(
        ScanOptions(
            paths=tuple(paths or ()),
            form=form,
            output=output,
            tier=tier,
            home_domains=tuple(home_domain or ()),
            geo=tuple(geo or ()),
            egress=tuple(egress or ()),
            fail_on=fail_on,
            zone=zone,
        )
    )


@app.command()
def collect(
    context: typer.Context,
    paths: Annotated[list[str] | None, typer.Argument(metavar="PATH", help="More paths.")] = None,
    source: Annotated[
        list[str] | None,
        typer.Option("--from", metavar="PATH", help="File or folder, `-` for standard input; repeatable."),
    ] = None,
    wait: Annotated[
        bool, typer.Option(envvar=variable("wait"), help="Wait after each day for the profile that `detect` makes.")
    ] = True,
    follow: Follow = None,
    home_domain: HomeDomains = None,
    metrics_address: MetricsAddress = "127.0.0.1:9464",
    config: Config = None,
) -> int:
    """Write to the audit log on Kafka: an export (--from), or the live feeds of the tenants that are configured."""
    from streams.operations.kafka_settings import kafka_settings

    settings = kafka_settings(file_table(context, "kafka"))
    if source or paths:
        from streams.operations.collect_command import run_collect

        return run_collect([*(source or ()), *(paths or ())], home_domain or (), wait, settings)
    from streams.operations.collect_live import run_collect_live
    from streams.operations.live_settings import clock_of, required_tenants

    tenants = required_tenants(context, follow or (), home_domain or ())
    return run_collect_live(tenants, settings, clock_of(context), metrics_address)


@app.command()
def detect(
    context: typer.Context,
    metrics_address: MetricsAddress = "127.0.0.1:9464",
    geo: Geo = None,
    egress: Egress = None,
    config: Config = None,
) -> int:
    """Judge what is in the audit log on Kafka: one worker, as many as there are partitions may run."""
    from streams.operations.detect_command import run_detect
    from streams.operations.kafka_settings import kafka_settings
    from streams.operations.live_settings import clock_of

    settings = kafka_settings(file_table(context, "kafka"))
    return run_detect(settings, geo or (), egress or (), metrics_address, clock_of(context))


@app.command()
def topics(
    context: typer.Context,
    create: Annotated[bool, typer.Option("--create", help="Make those that are missing.")] = False,
    partitions: Annotated[int | None, typer.Option(min=1, envvar=variable("partitions"))] = None,
    replication: Annotated[int | None, typer.Option(min=1, envvar=variable("replication"))] = None,
    as_json: AsJson = False,
    config: Config = None,
) -> int:
    """List the Kafka topics with partitions, key, retention and owner."""
    from streams.operations.kafka_settings import kafka_settings_if_set
    from streams.operations.topics_command import show_topics

    settings = kafka_settings_if_set(file_table(context, "kafka"))
    return show_topics(settings, create, partitions, replication, as_json)


@app.command()
def detectors(as_json: AsJson = False) -> None:
    """List the detectors: what each catches, misses and needs; ATT&CK."""
    from streams.operations.detectors_command import list_detectors

    list_detectors(as_json)


@app.command()
def evaluate(
    folders: Annotated[
        list[Path], typer.Argument(metavar="DIR", help="Labelled sets: folders with input/ and truth/.")
    ],
    geo: Geo = None,
    egress: Egress = None,
    as_json: AsJson = False,
    config: Config = None,
) -> int:
    """Measure what is found in labelled sets: recall, false incidents, time and recipients to detection."""
    from streams.operations.evaluate_command import run_evaluate

    return run_evaluate(folders, geo or (), egress or (), as_json)


@app.command()
def simulate(
    out: Annotated[Path, typer.Option(help="Folder to write input/ and truth/ into; with --serve: for its files.")],
    seed: Annotated[int, typer.Option(help="The same seed makes the same bytes.")] = 1,
    accounts: Annotated[int, typer.Option(help="Default: 300; with --serve 60.")] = 0,
    days: Annotated[int, typer.Option()] = 30,
    scenarios: Annotated[str, typer.Option(help="all, none, or a list such as S1,S7.")] = "all",
    duplicates: Annotated[float, typer.Option(help="Share of repeated records, 0 to 0.44.")] = 0.05,
    serve: Annotated[
        bool, typer.Option("--serve", help="Serve it over HTTPS instead, as Microsoft's APIs do.")
    ] = False,
    tenants: Annotated[int, typer.Option(min=1, max=50, help="With --serve.")] = 1,
    speed: Annotated[float, typer.Option(min=0.1, help="With --serve: practice seconds per second.")] = 1.0,
    past_days: Annotated[int, typer.Option(min=1, max=30, help="With --serve: how old the tenant is.")] = 8,
    attacks: Annotated[str, typer.Option(help="With --serve: none, or stories such as seed,S7.")] = "seed",
    attack_minutes: Annotated[
        float, typer.Option(min=0, max=525_600, help="With --serve: practice minutes until the first.")
    ] = 30.0,
    faults: Annotated[
        str, typer.Option(help="With --serve: none, all, or faults such as reset=0.05,skew_ms=600000,graph_limit.")
    ] = "none",
    knobs: Annotated[
        str,
        typer.Option(help="With --serve: how the tenant is, such as late_listed=0.2,expiration_days=7,licences=P1."),
    ] = "",
    event_hub: Annotated[
        str, typer.Option(help="With --serve: HOST:PORT/TOPIC that sign-ins are sent to as well, as by Event Hubs.")
    ] = "",
    port: Annotated[
        int, typer.Option(min=0, max=65_531, help="With --serve: first of five ports in a row; 0: any.")
    ] = 0,
    log_served: Annotated[bool, typer.Option("--log-served", help="With --serve: keep all that was served.")] = False,
    config: Config = None,
) -> int:
    """Write a practice tenant: a labelled set of vendor records; or serve one over HTTPS."""
    if serve:
        from streams.operations.serve_command import ServeOptions, attacks_named, run_serve

        stories = attacks_named(attacks)
        return run_serve(
            ServeOptions(
                folder=out,
                seed=seed,
                accounts=accounts or 60,
                tenants=tenants,
                speed=speed,
                past_days=past_days,
                attacks=stories,
                attack_minutes=attack_minutes,
                faults=faults,
                knobs=knobs,
                event_hub=event_hub,
                port=port,
                log_served=log_served,
            )
        )
    from streams.operations.simulate_command import run_simulate

    return run_simulate(out, seed, accounts or 300, days, scenarios, duplicates)


add_live_commands(app)


def main() -> None:
    """Entry point of the console script."""
    app()
