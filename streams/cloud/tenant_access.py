"""A tenant's access: who it is, with what it signs in, and where its APIs are. Layer: streams."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import httpx

from streams.cloud.clouds import DEFAULT_CLOUD
from streams.cloud.credentials import AccessError, Credential, known_secrets
from streams.cloud.seam import Endpoints
from streams.cloud.secret import Redactor, Secret


@dataclass(frozen=True)
class TenantAccess:
    """One tenant as Watchpost reaches it. `repr` holds no secret.

    `tenant` and `client_id` are lower-case GUIDs; `client_id` is empty for a system-assigned identity. `ca_bundle` replaces
    the public certificate authorities. `proxy` is the address for https (it may hold a password), `no_proxy` the hosts that
    are reached without it, as in the variable NO_PROXY. `cloud` decides for which resource a token is asked.
    """

    tenant: str
    client_id: str
    credential: Credential
    endpoints: Endpoints
    cloud: str = DEFAULT_CLOUD
    home_domains: tuple[str, ...] = ()
    ca_bundle: Path | None = None
    proxy: Secret | None = None
    no_proxy: tuple[str, ...] = ()

    @property
    def publisher(self) -> str:
        """PublisherIdentifier of the Management Activity API: the tenant's own id unless configured."""
        return self.endpoints.publisher or self.tenant

    @cached_property
    def redactor(self) -> Redactor:
        """Hides this tenant's secrets and tokens in text of others."""
        secrets = known_secrets(self.credential)
        return Redactor([*secrets, *([self.proxy] if self.proxy else [])])

    def proxy_for(self, host: str) -> str | None:
        """The proxy's address for a host, if it is reached through one."""
        if self.proxy is None or any(_covers(rule, host.lower()) for rule in self.no_proxy):
            return None
        return self.proxy.reveal()


@lru_cache(maxsize=16)
def trust(ca_bundle: Path | None) -> ssl.SSLContext:
    """What a server's certificate is checked with: the bundle, or the public authorities; shared by tenants. `AccessError`."""
    if ca_bundle is None:
        return httpx.create_ssl_context(trust_env=False)
    try:
        return ssl.create_default_context(cafile=str(ca_bundle))
    except (OSError, ValueError) as error:
        reason = (
            "no PEM certificate in it" if isinstance(error, ssl.SSLError) else getattr(error, "strerror", "wrong path")
        )
        raise AccessError(f"ca_bundle: the file {ca_bundle} cannot be used: {reason}; give a PEM file") from None


def _covers(rule: str, host: str) -> bool:
    rule = rule.strip().lower().lstrip(".")
    return rule == "*" or (bool(rule) and (host == rule or host.endswith("." + rule)))
