"""The practice tenants over HTTPS: one server, several tenants, each with its world, credentials and faults. Layer: streams."""

from __future__ import annotations

import ssl
import threading
from dataclasses import dataclass
from pathlib import Path

from streams.clock import Clock
from streams.simulation.service.access import Access
from streams.simulation.service.activity import ActivityApi
from streams.simulation.service.audit_queries import AuditQueries
from streams.simulation.service.authority import Authority
from streams.simulation.service.certificates import make_certificates
from streams.simulation.service.exchange import ExchangeApi, tenant_in
from streams.simulation.service.front import Front
from streams.simulation.service.graph import GraphApi
from streams.simulation.service.graph_logs import GraphLogs
from streams.simulation.service.hub_feed import HubFeed
from streams.simulation.service.hub_producer import HubProducer
from streams.simulation.service.options import Attack, Resource, ServiceOptions
from streams.simulation.service.switches import FILE, Switches
from streams.simulation.service.tenant import PracticeTenant
from streams.simulation.service.tokens import Mint
from streams.simulation.service.web import Reply, Request, Site
from streams.simulation.service.webhooks import Webhooks

_TICK_SECONDS = 0.2
_AHEAD_MS = 3 * 3_600_000


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a collector needs for one tenant. The secret is not shown by `repr`."""

    id: str
    client_id: str
    client_secret: str
    domain: str

    def __repr__(self) -> str:
        return f"Credentials({self.id}, {self.client_id})"


class PracticeService:
    """Serves until stopped. `urls` are base addresses by name (login, management, graph, exchange, identity)."""

    def __init__(self, options: ServiceOptions, clock: Clock) -> None:
        self.options, self.clock = options, clock
        now = clock.now_ms()
        self.ca_bundle, server_pem = make_certificates(options.folder / "tls")
        found = [PracticeTenant(item, options.faults.copy(), now, options.folder, options.sent)
                 for item in options.tenants]  # fmt: skip
        self._tenants = {tenant.id: tenant for tenant in found}
        if len(self._tenants) != len(found):
            raise ValueError("each practice tenant needs a seed (or id) of its own")
        self.tenants = [Credentials(t.id, t.client_id, t.client_secret, t.domain) for t in found]
        self.front = Front()
        self._switches = Switches(options.folder / FILE)
        self._stopped = threading.Event()
        self._serve(server_pem)
        self._pace = threading.Thread(target=self._run, daemon=True)
        self._bell = threading.Thread(target=self._notify, daemon=True)
        self._producer = HubProducer(options.event_hub) if options.event_hub else None
        self._hubs = [HubFeed(tenant, self._producer) for tenant in found] if self._producer is not None else []

    def _serve(self, server_pem: Path) -> None:
        options = self.options
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(server_pem)
        self._mint = Mint()
        applications = {
            Resource.LOGIN: self._login,
            Resource.MANAGEMENT: self._management,
            Resource.GRAPH: self._graph,
            Resource.EXCHANGE: self._exchange,
        }
        self._sites: list[Site] = []
        urls: dict[Resource, str] = {}
        for (resource, application), port in zip(applications.items(), options.ports, strict=False):
            site = Site(options.host, port, application, self.clock.now_ms, context, options.gzip)
            self._sites.append(site)
            urls[resource] = site.url
        identity = Site("127.0.0.1", options.ports[4], self._identity, self.clock.now_ms, None)
        self._sites.append(identity)
        self._authority = Authority(self._tenants, self._mint, urls)
        access = Access(self._mint, self._authority)
        trust = ssl.create_default_context()  # receivers with a public certificate, and those with one of ours
        trust.load_verify_locations(cafile=str(self.ca_bundle))
        self._webhooks = Webhooks(trust)
        self._activity = ActivityApi(self._tenants, access, urls[Resource.MANAGEMENT], self._webhooks)
        self._cmdlets = ExchangeApi(self._tenants, access)
        self._graph_api = GraphApi(
            self._tenants, access, GraphLogs(urls[Resource.GRAPH]), AuditQueries(urls[Resource.GRAPH])
        )
        self.urls: dict[str, str] = {resource.value: url for resource, url in urls.items()} | {"identity": identity.url}

    def start(self) -> None:
        """Make the past of every tenant, then answer."""
        now = self.clock.now_ms()
        for tenant in self._tenants.values():
            tenant.catch_up(now)
        for hub in self._hubs:
            hub.begin()
        for site in self._sites:
            site.start()
        self._pace.start()
        self._bell.start()

    def stop(self) -> None:
        """Stop answering; close connections and files. A second time it does nothing."""
        if self._stopped.is_set():
            return
        self._stopped.set()
        self._pace.join(10.0)
        self._bell.join(10.0)
        if self._producer is not None:
            self._producer.close()
        stopping = [threading.Thread(target=site.stop) for site in self._sites]
        for thread in stopping:
            thread.start()
        for thread in stopping:
            thread.join()
        for tenant in self._tenants.values():
            tenant.close()

    def tokens(self) -> list[str]:
        """Every access token that was issued."""
        return list(self._mint.issued)

    def tenant(self, identity: str = "") -> PracticeTenant:
        """A tenant by its id; the first when none is given. KeyError."""
        return self._tenants[identity or self.tenants[0].id]

    def attack(self, attack: Attack, identity: str = "") -> int:
        """Let one more attack happen in a tenant (the first when none is given); its number in `tenant().world.told`."""
        return self.tenant(identity).attack(attack)

    @property
    def problems(self) -> list[str]:
        """Defects of this service itself, and of what it was told, one line each; empty when it works."""
        found = [problem for site in self._sites for problem in site.problems]
        if self._switches.problem:
            found.append(self._switches.problem)
        if self._producer is not None and self._producer.failed:
            found.append(f"the event hub {self.options.event_hub} does not take messages: {self._producer.failed}")
        return found

    def _run(self) -> None:
        """Keep the tenants' lives ahead of the clock."""
        while not self._stopped.wait(_TICK_SECONDS):
            faults = self._switches.look()
            for tenant in list(self._tenants.values()):
                now = self.clock.now_ms()
                if faults is not None:
                    tenant.faults.become(faults)
                tenant.world.generate(now + _AHEAD_MS)
                tenant.catch_up(now)

    def _notify(self) -> None:
        """Tell webhooks and the event hub, which may be slow, apart from the tenants' lives."""
        while not self._stopped.wait(_TICK_SECONDS):
            for hub in self._hubs:
                hub.flush(self.clock.now_ms())
            for tenant in list(self._tenants.values()):
                self._webhooks.notify(tenant, self._activity.description, self.clock.now_ms())

    def _login(self, request: Request) -> Reply:
        now = self.clock.now_ms()
        tenant = self._tenants.get(request.path.split("/")[1].lower())
        if tenant is not None and tenant.faults.down:
            return Reply(503)
        return self._authority.answer(request, now)

    def _identity(self, request: Request) -> Reply:
        return self._authority.managed_identity(request, self.clock.now_ms())

    def _management(self, request: Request) -> Reply:
        now = self.clock.now_ms()
        parts = request.path.lower().split("/")
        tenant = self._tenants.get(parts[3]) if len(parts) > 3 else None
        if tenant is None:
            return self._activity.answer(request, now)
        tenant.catch_up(now)
        method = self._activity.method_of(request.path)
        return self.front.answer(
            tenant, Resource.MANAGEMENT, request, method, lambda: self._activity.answer(request, now), now
        )

    def _graph(self, request: Request) -> Reply:
        now = self.clock.now_ms()
        tenant, claims = self._graph_api.tenant_of(request)
        if tenant is None or claims is None:
            return self._graph_api.refuse(request, now)
        tenant.catch_up(now)
        return self.front.answer(
            tenant, Resource.GRAPH, request, "Graph", lambda: self._graph_api.answer(request, tenant, claims, now), now
        )

    def _exchange(self, request: Request) -> Reply:
        now = self.clock.now_ms()
        tenant = self._tenants.get(tenant_in(request.path))
        if tenant is None:
            return Reply(404)
        tenant.catch_up(now)
        return self.front.answer(
            tenant, Resource.EXCHANGE, request, "Exchange", lambda: self._cmdlets.answer(request, tenant, now), now
        )
