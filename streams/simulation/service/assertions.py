"""Client assertions: signed by the application's certificate, or by an issuer that it trusts. Layer: streams."""

from __future__ import annotations

import hashlib
import time
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from streams.simulation.service.tokens import claims_of, unb64

_LEEWAY_SECONDS = 300.0
EXCHANGE_AUDIENCE = "api://AzureADTokenExchange"


class AssertionRefused(Exception):
    """Why an assertion is not accepted: an AADSTS number and its text."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


def check_assertion(
    token: str, client_id: str, audience: str, certificate_pem: str, federation: tuple[str, str, str]
) -> None:
    """Accept or raise `AssertionRefused`. `audience` is the token endpoint; `federation` issuer, subject, public key."""
    try:
        claims = claims_of(token)
    except ValueError:
        raise AssertionRefused(50027, "JWT token is invalid or malformed.") from None
    _check_time(claims)
    issuer, subject, key = federation
    if issuer and claims.get("iss") == issuer:
        if claims.get("sub") != subject or EXCHANGE_AUDIENCE not in _audiences(claims):
            raise AssertionRefused(
                700213, "No matching federated identity record found for presented assertion subject."
            )
        if key:
            _verify(token, claims, serialization.load_pem_public_key(key.encode()))
        return
    if claims.get("iss") != client_id or claims.get("sub") != client_id:
        raise AssertionRefused(70021, "No matching federated identity record found for presented assertion.")
    if not certificate_pem:
        raise AssertionRefused(
            700027, "The certificate with identifier used to sign the client assertion is not registered."
        )
    if audience.partition("/oauth2/")[0] not in " ".join(_audiences(claims)):
        raise AssertionRefused(700023, "Client assertion audience claim does not match Realm issuer.")
    _verify_certificate(token, claims, certificate_pem)


def _audiences(claims: dict[str, Any]) -> list[str]:
    found = claims.get("aud", [])
    return [found] if isinstance(found, str) else list(found)


def _check_time(claims: dict[str, Any]) -> None:
    now = time.time()
    if float(claims.get("exp", now)) + _LEEWAY_SECONDS < now or float(claims.get("nbf", now)) - _LEEWAY_SECONDS > now:
        raise AssertionRefused(700024, "Client assertion is not within its valid time range.")


def _verify_certificate(token: str, claims: dict[str, Any], pem: str) -> None:
    certificate = x509.load_pem_x509_certificate(pem.encode())
    der = certificate.public_bytes(serialization.Encoding.DER)
    header = claims["_header"]
    for name, digest in (("x5t", hashlib.sha1(der, usedforsecurity=False)), ("x5t#S256", hashlib.sha256(der))):
        if name in header and unb64(str(header[name])) != digest.digest():
            raise AssertionRefused(700027, "The key was not found: the certificate's thumbprint is not registered.")
    _verify(token, claims, certificate.public_key())


def _verify(token: str, claims: dict[str, Any], key: object) -> None:
    head, _, signature = token.rpartition(".")
    if not isinstance(key, rsa.RSAPublicKey):
        raise AssertionRefused(700027, "Only RSA keys are registered.")
    scheme: padding.AsymmetricPadding = padding.PKCS1v15()
    if str(claims["_header"].get("alg", "")).startswith("PS"):
        scheme = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.AUTO)
    try:
        key.verify(unb64(signature), head.encode(), scheme, hashes.SHA256())
    except (InvalidSignature, ValueError):
        raise AssertionRefused(700027, "Client assertion failed signature validation.") from None
