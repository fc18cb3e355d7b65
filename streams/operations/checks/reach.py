"""Whether a host takes a connection: opened, TLS shaken, closed; nothing is sent. Layer: streams."""

from __future__ import annotations

import socket

from streams.operations.checks.limits import TimeLimit, limited
from streams.operations.checks.sink_places import Place
from streams.sinks.tls import certificate_problem

CONNECT_SECONDS = 5.0
ALL_SECONDS = 15.0


def reach_problem(place: Place, seconds: float = CONNECT_SECONDS) -> str:
    """Why not, in one line; empty when it does. Of datagrams only the host's name is looked up."""
    try:
        limited(ALL_SECONDS, lambda: _connect(place, seconds))
    except (TimeoutError, TimeLimit):
        return f"{place.shown} does not answer"
    except socket.gaierror:
        return f"the name of {place.shown} is not known"
    except OSError as error:
        problem = certificate_problem(error) or error.strerror or type(error).__name__
        return f"{place.shown}: {problem}"
    return ""


def _connect(place: Place, seconds: float) -> None:
    if place.datagrams:
        socket.getaddrinfo(place.host, place.port, type=socket.SOCK_DGRAM)
        return
    with socket.create_connection((place.host, place.port), seconds) as connection:
        if place.tls is not None:
            with place.tls.wrap_socket(connection, server_hostname=place.host):
                return
