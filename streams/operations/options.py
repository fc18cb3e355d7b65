"""Options that several commands share, each with its variable and its place in the settings file. Layer: streams."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from streams.operations.settings import use_file, variable

Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        envvar=variable("config"),
        is_eager=True,
        callback=use_file,
        metavar="FILE",
        help="TOML file with settings: at its top, or in a table named like the command.",
    ),
]
HomeDomains = Annotated[
    list[str] | None,
    typer.Option(
        "--home-domain",
        envvar=variable("home_domain"),
        metavar="DOMAIN",
        help="A mail domain of the tenant's own; repeatable. Found from the records when none is given.",
    ),
]
Geo = Annotated[
    list[Path] | None,
    typer.Option(
        "--geo",
        envvar=variable("geo"),
        metavar="MMDB",
        help="Network data (ASN, city, country) in MMDB format; repeatable. Without: countries only.",
    ),
]
Egress = Annotated[
    list[str] | None,
    typer.Option(
        "--egress",
        envvar=variable("egress"),
        metavar="CIDR",
        help="A network through which the tenant's own people leave (office, VPN, proxy); repeatable.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="For machines: JSON instead of a table.")]
Store = Annotated[
    Path,
    typer.Option(
        "--store",
        envvar=variable("store"),
        metavar="FILE",
        help="The one file in which everything is kept.",
    ),
]
MetricsAddress = Annotated[
    str,
    typer.Option(
        "--metrics-address",
        envvar=variable("metrics_address"),
        metavar="HOST:PORT",
        help="Where /metrics, /live and /ready answer; `off` for nowhere.",
    ),
]
TimeZone = Annotated[
    str,
    typer.Option(
        "--zone",
        envvar=variable("zone"),
        metavar="ZONE",
        help="Time zone of an HTML report, such as Europe/Berlin.",
    ),
]
Follow = Annotated[
    list[str] | None,
    typer.Option(
        "--follow",
        envvar=variable("follow"),
        metavar="PATH",
        help="Also watch this file or folder as it grows; repeatable. Needs no tenant.",
    ),
]
