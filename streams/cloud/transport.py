"""The connections of one tenant: certificates, proxy and time limits in one place. Layer: streams.

The environment decides nothing here: proxy and certificate authorities come from the tenant's access, so that a variable
meant for other software (REQUESTS_CA_BUNDLE, SSL_CERT_FILE) does not change whom Watchpost trusts.
"""

from __future__ import annotations

import logging
from http.cookiejar import DefaultCookiePolicy
from importlib.metadata import PackageNotFoundError, version

import httpx

from streams.cloud.tenant_access import TenantAccess, trust

CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0  # without a single byte
WRITE_SECONDS = 30.0
POOL_SECONDS = 60.0
CONNECTIONS_MAX = 8
IDLE_SECONDS = 30.0


def quiet_libraries() -> None:
    """Keep the libraries' own lines out of every log: they hold addresses with their queries, and headers."""
    for name in ("httpx", "httpcore", "msal"):
        logging.getLogger(name).setLevel(logging.ERROR)


def open_client(access: TenantAccess, user_agent: str) -> httpx.Client:
    """A client that follows no redirect and keeps no cookie; `AccessError` for a bad bundle."""
    quiet_libraries()
    context = trust(access.ca_bundle)
    limits = httpx.Limits(
        max_connections=CONNECTIONS_MAX, max_keepalive_connections=CONNECTIONS_MAX, keepalive_expiry=IDLE_SECONDS
    )
    mounts: dict[str, httpx.BaseTransport | None] = {}
    for host in _hosts(access):
        if proxy := access.proxy_for(host):
            mounts[f"all://{host}"] = httpx.HTTPTransport(verify=context, limits=limits, proxy=proxy, trust_env=False)
    client = httpx.Client(
        verify=context,
        trust_env=False,
        follow_redirects=False,
        timeout=httpx.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS, write=WRITE_SECONDS, pool=POOL_SECONDS),
        limits=limits,
        mounts=mounts,
        headers={"User-Agent": user_agent},
    )
    client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return client


def user_agent() -> str:
    """`watchpost/<version>`."""
    try:
        return f"watchpost/{version('watchpost')}"
    except PackageNotFoundError:
        return "watchpost/0"


def local_client() -> httpx.Client:
    """A client for an endpoint of the machine itself (managed identity): no proxy."""
    quiet_libraries()
    return httpx.Client(trust_env=False, follow_redirects=False, timeout=CONNECT_SECONDS)


def _hosts(access: TenantAccess) -> list[str]:
    endpoints = access.endpoints
    bases = (endpoints.login, endpoints.management, endpoints.graph, endpoints.exchange)
    return sorted({httpx.URL(base).host for base in bases if base})
