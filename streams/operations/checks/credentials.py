"""Whether the login service gives a token for each API, and how long a certificate lasts. Layer: streams."""

from __future__ import annotations

from collections.abc import Iterable

from cryptography.x509 import load_pem_x509_certificate

from streams.cloud.credentials import AccessError, Certificate
from streams.cloud.seam import Api, CloudError, NoToken
from streams.operations.checks.check import Finding, Level, fail, ok, warn
from streams.operations.checks.expiry import expiry
from streams.operations.checks.needed_roles import FEED_ROLES
from streams.operations.checks.tenant_context import TenantContext

NO_SUCH_API = "unsupported"  # code of NoToken: the cloud does not have it


class Credentials:
    """One finding for the APIs that gave a token, one for each way in which the others did not."""

    name = "credentials"

    def run(self, context: TenantContext) -> list[Finding]:
        """Ask for every token."""
        found = {api: context.roles(api) for api in Api}
        good = [api.value for api, held in found.items() if not isinstance(held, CloudError)]
        findings = [ok("token", f"the login service gives one for {', '.join(good)}")] if good else []
        needed = {need.api for name in context.feeds for need in FEED_ROLES.get(name, ())}
        for apis, error in _grouped((api, held) for api, held in found.items() if isinstance(held, CloudError)):
            findings.append(_refused(apis, error, needed))
        return findings + _certificate(context)


def _grouped(errors: Iterable[tuple[Api, CloudError]]) -> list[tuple[list[Api], CloudError]]:
    """Errors with the same code together: their texts differ by the service's trace id."""
    groups: dict[str, tuple[list[Api], CloudError]] = {}
    for api, error in errors:
        key = error.code if isinstance(error, NoToken) else str(error)
        groups.setdefault(key, ([], error))[0].append(api)
    return list(groups.values())


def _refused(apis: list[Api], error: CloudError, needed: set[Api]) -> Finding:
    names = f"token for {', '.join(api.value for api in apis)}"
    level = Level.FAIL if needed & set(apis) else Level.WARN
    if not isinstance(error, NoToken):
        return Finding(level, names, str(error), "Check DNS, the proxy and the firewall.")
    if error.code == NO_SUCH_API and level is Level.WARN:
        level = Level.SKIP
    return Finding(level, names, error.message, error.remedy)


def _certificate(context: TenantContext) -> list[Finding]:
    credential = context.access.credential
    if not isinstance(credential, Certificate):
        return []
    try:
        pem = credential.material()["public_certificate"].encode()
    except AccessError as error:
        return [fail("certificate", str(error))]
    try:
        ends_ms = int(load_pem_x509_certificate(pem).not_valid_after_utc.timestamp() * 1000)
    except (ValueError, OverflowError):
        return [warn("certificate", "its end cannot be read")]
    remedy = (
        "Make a new certificate, upload it to the app registration, then replace the file: it is read at every use."
    )
    return [expiry("certificate", "the certificate", ends_ms, context.clock.now_ms(), remedy)]
