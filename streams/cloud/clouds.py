"""Microsoft's clouds by name: base addresses, and the resource each token is asked for. Layer: streams.

Hosts: the Management Activity API's table of plans, Graph's national deployments, the Exchange admin API's environments.
The resource of a token belongs to the cloud, not to the address: a gateway in front of an API changes only the address.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from streams.cloud.seam import Api, Endpoints

DEFAULT_CLOUD = "commercial"

_COMMERCIAL = Endpoints(
    login="https://login.microsoftonline.com",
    management="https://manage.office.com",
    graph="https://graph.microsoft.com",
    exchange="https://outlook.office365.com",
)

CLOUDS: Mapping[str, Endpoints] = MappingProxyType(
    {
        "commercial": _COMMERCIAL,
        "gcc": replace(_COMMERCIAL, management="https://manage-gcc.office.com"),
        "gcc-high": Endpoints(
            login="https://login.microsoftonline.us",
            management="https://manage.office365.us",
            graph="https://graph.microsoft.us",
            exchange="https://outlook.office365.us",
        ),
        "dod": Endpoints(
            login="https://login.microsoftonline.us",
            management="https://manage.protection.apps.mil",
            graph="https://dod-graph.microsoft.us",
            exchange="https://outlook-dod.office365.us",
        ),
        "china": Endpoints(  # no Management Activity API: its documentation lists no host there
            login="https://login.partner.microsoftonline.cn",
            management="",
            graph="https://microsoftgraph.chinacloudapi.cn",
            exchange="https://outlook.office365.cn",
        ),
    }
)


def base(endpoints: Endpoints, api: Api) -> str:
    """Base address of an API; empty where the cloud has none."""
    match api:
        case Api.MANAGEMENT:
            return endpoints.management
        case Api.GRAPH:
            return endpoints.graph
        case Api.EXCHANGE:
            return endpoints.exchange


def resource(cloud: str, api: Api) -> str:
    """The resource that a token for an API is asked for (`<resource>/.default` is its scope); empty where there is none."""
    return base(CLOUDS[cloud], api)
