"""TLS as every sink uses it: certificates and host names checked, TLS 1.2 at least, failures in plain words. Layer: streams."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import certifi


def client_context(ca_bundle: Path | None = None, certificate: Path | None = None) -> ssl.SSLContext:
    """A context that trusts `ca_bundle` (PEM) alone; without one, the system's store and the public authorities.

    `certificate` is a PEM file with our own certificate and its key, for receivers that ask for one. `OSError`,
    `ssl.SSLError` when a file cannot be used.
    """
    if ca_bundle is not None:
        context = ssl.create_default_context(cafile=str(ca_bundle))
    else:
        context = ssl.create_default_context()
        context.load_verify_locations(certifi.where())
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificate is not None:
        context.load_cert_chain(certificate, password=_no_passphrase)
    return context


def certificate_problem(error: BaseException) -> str:
    """Why a certificate was not accepted, empty when the error (or its cause) is of another kind."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            why = cause.verify_message or "it could not be verified"
            remedy = "name the authority with ca_bundle, or correct the host name"
            return f"its certificate is not accepted ({why.rstrip('.')}): {remedy}"
        if isinstance(cause, ssl.SSLError) and cause.reason in (
            "WRONG_VERSION_NUMBER",
            "HTTP_REQUEST",
            "RECORD_LAYER_FAILURE",
        ):
            return "it does not speak TLS on this port: check port and security"
    return ""


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    for _ in range(8):
        if seen is None:
            return
        yield seen
        seen = seen.__cause__ or seen.__context__


def _no_passphrase() -> str:
    """Instead of OpenSSL's question on the terminal."""
    return ""
