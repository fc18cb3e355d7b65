"""The commands that watch tenants, and those that look at what was found. Layer: streams."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from streams.operations.options import Config, Egress, Geo, MetricsAddress, Store
from streams.operations.settings import file_value, variable


def run(
    context: typer.Context,
    store: Store = Path("watchpost.db"),
    look_back_days: Annotated[
        float,
        typer.Option(envvar=variable("look_back_days"), help="How far the first start looks back: 0 to 7 days."),
    ] = 7.0,
    archive_days: Annotated[
        float, typer.Option(envvar=variable("archive_days"), min=1, help="How long records are kept.")
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
            tenants=required_tenants(context),
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


def add_live_commands(app: typer.Typer) -> None:
    """Put them into the command line."""
    app.command()(run)
