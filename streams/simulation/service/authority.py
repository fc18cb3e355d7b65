"""The token endpoint with its discovery documents, and the managed identity's. Layer: streams."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass

from streams.simulation.service.assertions import AssertionRefused, check_assertion
from streams.simulation.service.errors import aadsts
from streams.simulation.service.options import Resource
from streams.simulation.service.principals import managed_identity_signin, service_signin
from streams.simulation.service.tenant import PracticeTenant
from streams.simulation.service.tokens import Mint
from streams.simulation.service.web import Reply, Request, json_reply

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_PATH = re.compile(r"/(?P<tenant>[^/]+)/(?P<rest>.+)")
_VENDOR: dict[str, Resource] = {
    "https://manage.office.com": Resource.MANAGEMENT,
    "https://manage-gcc.office.com": Resource.MANAGEMENT,
    "https://manage.office365.us": Resource.MANAGEMENT,
    "https://graph.microsoft.com": Resource.GRAPH,
    "https://graph.microsoft.us": Resource.GRAPH,
    "https://outlook.office365.com": Resource.EXCHANGE,
}
_IMDS_SECONDS = 86_399


@dataclass(slots=True)
class Authority:
    """Gives tokens to the applications of its tenants. `urls` are the bases of the resources, by name."""

    tenants: Mapping[str, PracticeTenant]
    mint: Mint
    urls: Mapping[Resource, str]

    def resource_of(self, text: str) -> Resource | None:
        """The API that a resource address (without `/.default`) names."""
        address = text.rstrip("/")
        for resource, url in self.urls.items():
            if address == url and resource is not Resource.LOGIN:
                return resource
        return _VENDOR.get(address)

    def answer(self, request: Request, now_ms: int) -> Reply:
        """Discovery, keys, token."""
        if request.path == "/common/discovery/instance":
            return self._instance()
        found = _PATH.fullmatch(request.path)
        if found is None:
            return Reply(404)
        tenant, rest = found["tenant"].lower(), found["rest"]
        if rest in ("v2.0/.well-known/openid-configuration", ".well-known/openid-configuration"):
            return self._discovery(tenant, rest.startswith("v2"), now_ms)
        if rest in ("discovery/v2.0/keys", "discovery/keys"):
            return json_reply(200, {"keys": []})
        if rest in ("oauth2/v2.0/token", "oauth2/token"):
            if request.method != "POST":
                return aadsts(400, "invalid_request", 900561, "The endpoint only accepts POST requests.", now_ms)
            return self._token(request, tenant, rest.endswith("v2.0/token"), now_ms)
        return Reply(404)

    def _instance(self) -> Reply:
        login = self.urls[Resource.LOGIN]
        host = login.partition("//")[2]
        return json_reply(200, {
            "tenant_discovery_endpoint": f"{login}/common/v2.0/.well-known/openid-configuration",
            "api-version": "1.1",
            "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
        })  # fmt: skip

    def _unknown(self, tenant: str, now_ms: int) -> Reply:
        text = f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID."
        return aadsts(400, "invalid_request", 90002, text, now_ms)

    def _discovery(self, tenant: str, v2: bool, now_ms: int) -> Reply:
        if tenant not in self.tenants:
            return self._unknown(tenant, now_ms)
        base = f"{self.urls[Resource.LOGIN]}/{tenant}"
        version = "/v2.0" if v2 else ""
        return json_reply(200, {
            "issuer": f"{base}/v2.0" if v2 else f"https://sts.windows.net/{tenant}/",
            "authorization_endpoint": f"{base}/oauth2{version}/authorize",
            "token_endpoint": f"{base}/oauth2{version}/token",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "jwks_uri": f"{base}/discovery{version}/keys",
            "response_types_supported": ["code", "token"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "tenant_region_scope": "EU",
        })  # fmt: skip

    def _token(self, request: Request, name: str, v2: bool, now_ms: int) -> Reply:
        form = request.form()
        tenant = self.tenants.get(name)
        if tenant is None:
            return self._unknown(name, now_ms)
        refused = self._refusal(tenant, form, name, v2, now_ms)
        if refused is not None:
            return refused
        target = form.get("scope" if v2 else "resource", "")
        names = target.split()
        if len(names) > 1:
            text = "The provided resource value for the input parameter 'scope' is not valid: several resources."
            return aadsts(400, "invalid_scope", 70011, text, now_ms)
        if v2 and not target.endswith("/.default"):
            text = f"The provided value for the input parameter 'scope' is not valid. The scope {target} is not valid."
            return aadsts(400, "invalid_scope", 70011 if target else 90014, text, now_ms)
        address = target.removesuffix("/.default")
        resource = self.resource_of(address)
        if resource is None:
            text = f"The resource principal named {address} was not found in the tenant."
            return aadsts(400, "invalid_resource", 500011, text, now_ms)
        return self._grant(tenant, resource, address, v2, form, now_ms)

    def _refusal(self, tenant: PracticeTenant, form: dict[str, str], name: str, v2: bool, now_ms: int) -> Reply | None:
        client = form.get("client_id", "")
        if form.get("grant_type") != "client_credentials":
            return aadsts(400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type.", now_ms)
        if client.lower() != tenant.client_id:
            text = f"Application with identifier '{client}' was not found in the directory '{tenant.domain}'."
            return aadsts(400, "unauthorized_client", 700016, text, now_ms)
        if not tenant.own_enabled:
            text = f"Application '{client}' is disabled."
            return aadsts(401, "invalid_client", 7000112, text, now_ms)
        if "client_assertion" in form:
            version = "/v2.0" if v2 else ""
            endpoint = f"{self.urls[Resource.LOGIN]}/{name}/oauth2{version}/token"
            options = tenant.options
            try:
                check_assertion(form["client_assertion"], tenant.client_id, endpoint, options.certificate_pem,
                                options.federation)  # fmt: skip
            except AssertionRefused as error:
                return aadsts(401, "invalid_client", error.code, error.text, now_ms)
            return None
        secret = form.get("client_secret", "")
        if not secret:
            text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
            return aadsts(401, "invalid_client", 7000218, text, now_ms)
        if secret != tenant.client_secret:
            text = ("Invalid client secret provided. Ensure the secret being sent in the request is the client secret "
                    "value, not the client secret ID, for a secret added to app.")  # fmt: skip
            return aadsts(401, "invalid_client", 7000215, text, now_ms)
        if tenant.secret_expired:
            text = "The provided client secret keys for app are expired."
            return aadsts(401, "invalid_client", 7000222, text, now_ms)
        return None

    def _grant(
        self, tenant: PracticeTenant, resource: Resource, address: str, v2: bool, form: dict[str, str], now_ms: int
    ) -> Reply:
        seconds = tenant.faults.token_seconds
        token = self.mint.issue(tenant.id, tenant.client_id, address, tenant.roles_for(resource), seconds)
        credential = "clientAssertion" if "client_assertion" in form else "clientSecret"
        service_signin(tenant, resource, credential, now_ms)
        if v2:
            body: dict[str, object] = {"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds,
                                       "access_token": token}  # fmt: skip
        else:
            now = int(time.time())
            body = {"token_type": "Bearer", "expires_in": str(seconds), "ext_expires_in": str(seconds),
                    "expires_on": str(now + seconds), "not_before": str(now), "resource": address,
                    "access_token": token}  # fmt: skip
        return json_reply(200, body, {"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"})

    def managed_identity(self, request: Request, now_ms: int) -> Reply:
        """The instance metadata service: a token for the first tenant, or for the one whose `client_id` is given."""
        if request.path != "/metadata/identity/oauth2/token":
            return Reply(404)
        if request.headers.get("metadata", "").lower() != "true":
            return json_reply(
                400, {"error": "invalid_request", "error_description": "Required metadata header missing"}
            )
        wanted = request.query.get("client_id", "")
        tenant = next((t for t in self.tenants.values() if wanted in ("", t.client_id)), None)
        if tenant is None:
            return json_reply(400, {"error": "invalid_request", "error_description": "Identity not found"})
        address = request.query.get("resource", "")
        resource = self.resource_of(address)
        if resource is None:
            text = f"AADSTS500011: The resource principal named {address} was not found in the tenant."
            return json_reply(400, {"error": "invalid_resource", "error_description": text})
        token = self.mint.issue(tenant.id, tenant.client_id, address.rstrip("/"), tenant.roles_for(resource),
                                _IMDS_SECONDS)  # fmt: skip
        managed_identity_signin(tenant, resource, now_ms)
        now = int(time.time())
        return json_reply(200, {
            "access_token": token, "client_id": tenant.client_id, "expires_in": str(_IMDS_SECONDS),
            "expires_on": str(now + _IMDS_SECONDS), "ext_expires_in": str(_IMDS_SECONDS), "not_before": str(now),
            "resource": address, "token_type": "Bearer",
        })  # fmt: skip
