"""What the checks of one tenant share. Layer: streams."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from streams.clock import Clock
from streams.cloud.seam import Api, CloudError
from streams.cloud.tenant_access import TenantAccess
from streams.collectors.inventory.calls import cmdlet
from streams.operations.checks.limits import LimitedCloud
from streams.operations.checks.probes import Probes
from streams.operations.checks.store_view import StoreView, TenantView
from streams.operations.other_sources import OtherSources

INVENTORY = "inventory"  # a feed by name, of several APIs: it is not probed, its parts are


@dataclass
class TenantContext:
    """One tenant. `feeds` are names of the settings. Not thread-safe."""

    access: TenantAccess
    feeds: tuple[str, ...]
    cloud: LimitedCloud
    clock: Clock
    store: StoreView = field(default_factory=StoreView)
    other: OtherSources = field(default_factory=OtherSources)
    _roles: dict[Api, frozenset[str] | CloudError] = field(default_factory=dict)

    @property
    def view(self) -> TenantView | None:
        """What the store knows of this tenant; None when nothing."""
        return self.store.tenants.get(self.access.tenant)

    @property
    def collecting(self) -> bool:
        """Whether a process collects this tenant now."""
        return self.view is not None and self.view.collecting

    @property
    def probed(self) -> list[str]:
        """The feeds that are one endpoint each."""
        return [name for name in self.feeds if name != INVENTORY]

    @cached_property
    def probes(self) -> Probes:
        """The feeds, each asked once."""
        return Probes(self.cloud, self.collecting)

    @cached_property
    def exchange_audit(self) -> bool | CloudError:
        """Whether the unified audit log takes records, by Exchange; why that could not be read."""
        try:
            rows = cmdlet(self.cloud, "Get-AdminAuditLogConfig", {})
            return any(row.get("UnifiedAuditLogIngestionEnabled") for row in rows)
        except CloudError as error:
            return error

    @property
    def exchange_answers(self) -> bool:
        """Whether Exchange's cmdlets can be read."""
        return not isinstance(self.exchange_audit, CloudError)

    def roles(self, api: Api) -> frozenset[str] | CloudError:
        """The app roles in the token for an API, asked for once; or why there is no token."""
        if api not in self._roles:
            self._roles[api] = self._asked(api)
        return self._roles[api]

    def _asked(self, api: Api) -> frozenset[str] | CloudError:
        try:
            return self.cloud.roles(api)
        except CloudError as error:
            return error
