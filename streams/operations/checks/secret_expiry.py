"""When our client secret expires, as the app registration in Graph says. Layer: streams.

Graph does not say which secret is ours; it shows the first three characters of each as `hint`. Several that fit, or none: the
one that ends first is told, among those that are still valid.
"""

from __future__ import annotations

from typing import Any

from schemas.records.values import time_ms
from streams.cloud.credentials import AccessError, ClientSecret
from streams.cloud.seam import CloudError
from streams.collectors.inventory.calls import listing, text_of
from streams.operations.checks.check import Finding, fail, ok, skip
from streams.operations.checks.expiry import expiry
from streams.operations.checks.needed_roles import APPLICATIONS
from streams.operations.checks.tenant_context import TenantContext
from streams.operations.checks.unread import remedy_of, why

_HINT_CHARACTERS = 3
_REMEDY = "Make a new secret or certificate in the app registration, then replace the file: it is read at every use."


class SecretExpiry:
    """The client secret's end; nothing for a certificate or an identity that has no secret."""

    name = "secret expiry"

    def run(self, context: TenantContext) -> list[Finding]:
        """Look at the app registration."""
        credential = context.access.credential
        if not isinstance(credential, ClientSecret):
            return []
        try:
            held = _passwords(context)
        except CloudError as error:
            return [
                skip(
                    "client secret",
                    f"when it expires could not be read: {why(error)}",
                    remedy_of(error, APPLICATIONS.remedy),
                )
            ]
        try:
            hint = credential.material()[:_HINT_CHARACTERS]
        except AccessError as error:
            return [fail("client secret", str(error))]
        return [_finding(held, hint, context.clock.now_ms())]


def _passwords(context: TenantContext) -> list[dict[str, Any]]:
    """`passwordCredentials` of our own application; it may live in another tenant, then there is none here."""
    ours = context.access.client_id
    options = {"$filter": f"appId eq '{ours}'", "$select": "id,appId,passwordCredentials"}
    rows = listing(context.cloud, "applications", options)
    return [
        secret
        for row in rows
        if text_of(row, "appId").lower() == ours
        for secret in row.get("passwordCredentials") or []
        if isinstance(secret, dict) and time_ms(secret.get("endDateTime"))
    ]


def _finding(held: list[dict[str, Any]], hint: str, now_ms: int) -> Finding:
    candidates = [secret for secret in held if secret.get("hint") == hint] or held
    ends = sorted(time_ms(secret["endDateTime"]) or 0 for secret in candidates)
    if not ends:
        return skip("client secret", "the app registration is not in this tenant, or shows no secret")
    valid = [end for end in ends if end > now_ms]
    named = "the client secret" if len(candidates) == 1 else "a client secret of the app registration"
    if not valid and len(held) > len(candidates):
        return ok("client secret", "the app registration has others; which one is ours cannot be told")
    return expiry("client secret", named, (valid or ends)[0], now_ms, _REMEDY)
