"""Which Entra licences the tenant has, and what cannot be seen without them. Layer: streams."""

from __future__ import annotations

from streams.cloud.seam import CloudError
from streams.collectors.inventory.calls import listing
from streams.operations.checks.check import Finding, Level, ok, skip, warn
from streams.operations.checks.needed_roles import ORGANIZATION
from streams.operations.checks.tenant_context import TenantContext
from streams.operations.checks.unread import remedy_of, why

P1, P2 = "AAD_PREMIUM", "AAD_PREMIUM_P2"  # service plans of Entra ID P1 and P2
SIGN_INS = "signIns.interactiveUser"
_NOT_PREMIUM = "NonPremiumTenant"  # in the code with which the sign-in endpoint refuses
_WITHOUT = (
    "no Entra ID P1 or P2: sign-ins with their place, client and risk cannot be read; logons of the audit log remain"
)
_REMEDY = "Buy Entra ID P1 (it is part of Business Premium, E3 and E5), or leave the signIns feeds out."


class Licences:
    """From `subscribedSkus`; where that may not be read, from what the sign-in endpoint answers."""

    name = "licences"

    def run(self, context: TenantContext) -> list[Finding]:
        """Look at the licences."""
        try:
            plans = _plans(context)
        except CloudError as error:
            return [self._inferred(context, error)]
        if P2 in plans:
            return [ok("Entra ID", "P2: sign-ins, and risk detections with their details")]
        if P1 in plans:
            return [ok("Entra ID", "P1: sign-ins; risk detections come without details, which need P2")]
        return [warn("Entra ID", _WITHOUT, _REMEDY)]

    def _inferred(self, context: TenantContext, error: CloudError) -> Finding:
        probe = context.probes.probe(SIGN_INS)
        if probe.level is Level.OK:
            return ok("Entra ID", "P1 or P2: the sign-in endpoint answers (the licences themselves could not be read)")
        if _NOT_PREMIUM in probe.text:
            return warn("Entra ID", _WITHOUT, _REMEDY)
        return skip("Entra ID", f"the licences could not be read: {why(error)}", remedy_of(error, ORGANIZATION.remedy))


def _plans(context: TenantContext) -> set[str]:
    """Names of the service plans that are bought and active; any `CloudError`."""
    rows = listing(context.cloud, "subscribedSkus", {"$select": "skuPartNumber,capabilityStatus,servicePlans"})
    return {
        str(plan.get("servicePlanName"))
        for row in rows
        if row.get("capabilityStatus") in ("Enabled", "Warning")
        for plan in row.get("servicePlans") or []
        if isinstance(plan, dict) and plan.get("provisioningStatus") != "Disabled"
    }
