"""How Watchpost proves to the login service who it is: one class per way. Layer: streams.

Files are read at every use, so a rotated secret, certificate or federated token is found without a restart. Every error is
an `AccessError`: one line that names the file and never its content.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509 import load_pem_x509_certificates

from streams.cloud.secret import Secret

FILE_BYTES_MAX = 1 << 20
RESOURCE_ID_PREFIX = "/subscriptions/"


class AccessError(ValueError):
    """A setting of a tenant's access is missing or wrong. One line: which setting or file, and what to do; never a value."""


@dataclass(frozen=True, slots=True)
class Source:
    """A secret that is in a file (read at every use) or was given by a variable. `setting` names it in errors."""

    setting: str
    path: Path | None = None
    value: Secret | None = None

    def read(self) -> Secret:
        """The secret without surrounding blanks; `AccessError` when the file cannot be read or there is nothing in it."""
        text = self.value.reveal() if self.path is None and self.value else self.text()
        if not text.strip():
            raise AccessError(f"{self.place()} is empty: put the value there")
        return Secret(text.strip())

    def text(self) -> str:
        """The file's text; `AccessError`."""
        try:
            return self.content().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise AccessError(f"{self.place()} is not UTF-8 text: give the file that holds the value") from None

    def content(self) -> bytes:
        """The bytes of the file or the variable; `AccessError`."""
        if self.path is None:
            return self.value.reveal().encode() if self.value else b""
        try:
            with self.path.open("rb") as file:
                data = file.read(FILE_BYTES_MAX + 1)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "not a valid path"
            raise AccessError(f"{self.place()} cannot be read: {reason}; check the path and its permissions") from None
        if len(data) > FILE_BYTES_MAX:
            raise AccessError(f"{self.place()} is larger than {FILE_BYTES_MAX} bytes: it is another file")
        return data

    def place(self) -> str:
        """The setting, and its file where it has one."""
        return self.setting if self.path is None else f"{self.setting}: the file {self.path}"


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """A client secret of the app registration (the value, not the id)."""

    source: Source

    def material(self) -> str:
        """What msal takes as `client_credential`; `AccessError`."""
        return self.source.read().reveal()


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate with its RSA key: PEM (both in one file) or PFX, told apart by content; passphrase where encrypted."""

    source: Source
    passphrase: Source | None = None

    def material(self) -> dict[str, Any]:
        """What msal takes as `client_credential`: key and certificate as PEM; `AccessError`."""
        data = self.source.content()
        passphrase = self.passphrase.read().reveal().encode() if self.passphrase else None
        key, certificate = self._pem(data, passphrase) if b"-----BEGIN " in data else self._pfx(data, passphrase)
        if not isinstance(key, RSAPrivateKey):
            raise AccessError(
                f"{self.source.place()} holds no RSA key, which the login service needs: make another one"
            )
        plain = serialization.NoEncryption()
        pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()
        return {"private_key": pem, "public_certificate": certificate}

    def _pem(self, data: bytes, passphrase: bytes | None) -> tuple[object, str]:
        encrypted = b"ENCRYPTED" in data
        try:
            key = serialization.load_pem_private_key(data, passphrase if encrypted else None)
        except (ValueError, TypeError):
            raise AccessError(f"{self.source.place()} {self._why(encrypted, 'PEM')}") from None
        try:
            chain = load_pem_x509_certificates(data)
        except ValueError:
            raise AccessError(f"{self.source.place()} holds a key but no certificate: append the certificate") from None
        public = serialization.PublicFormat.SubjectPublicKeyInfo
        wanted = key.public_key().public_bytes(serialization.Encoding.DER, public)
        for certificate in chain:
            if certificate.public_key().public_bytes(serialization.Encoding.DER, public) == wanted:
                return key, certificate.public_bytes(serialization.Encoding.PEM).decode()
        raise AccessError(f"{self.source.place()}: key and certificate do not belong together: give the matching pair")

    def _pfx(self, data: bytes, passphrase: bytes | None) -> tuple[object, str]:
        try:
            key, certificate, _ = pkcs12.load_key_and_certificates(data, passphrase)
        except (ValueError, TypeError):
            raise AccessError(f"{self.source.place()} {self._why(True, 'PFX')}") from None
        if key is None or certificate is None:
            raise AccessError(f"{self.source.place()} needs both the certificate and its key: export it with the key")
        return key, certificate.public_bytes(serialization.Encoding.PEM).decode()

    def _why(self, encrypted: bool, kind: str) -> str:
        if encrypted and self.passphrase is None:
            return f"is encrypted, or no {kind} file: set client_certificate_passphrase_file"
        if encrypted:
            return f"does not open with the given passphrase, or is no {kind} file: check both"
        return f"holds no readable private key in {kind} form: give a file with key and certificate"


@dataclass(frozen=True, slots=True)
class FederatedToken:
    """Workload identity federation: a token file that its issuer rewrites (Kubernetes: hourly)."""

    source: Source

    def material(self) -> dict[str, Any]:
        """What msal takes as `client_credential`: a function that reads the file whenever a request is really sent."""
        return {"client_assertion": lambda: self.source.read().reveal()}


@dataclass(frozen=True, slots=True)
class ManagedIdentity:
    """The identity that Azure gives the machine: system assigned (empty), or user assigned by client id or resource id."""

    identity: str = ""

    @property
    def by_resource(self) -> bool:
        """Whether `identity` is an Azure resource id."""
        return self.identity.startswith(RESOURCE_ID_PREFIX)


Credential = ClientSecret | Certificate | FederatedToken | ManagedIdentity


def known_secrets(credential: Credential) -> list[Secret]:
    """The secrets behind a credential as far as they can be read now, to be hidden in any text."""
    found: list[Secret] = []
    sources: Mapping[type, tuple[str, ...]] = {
        ClientSecret: ("source",),
        Certificate: ("passphrase",),
        FederatedToken: ("source",),
    }
    for name in sources.get(type(credential), ()):
        source = getattr(credential, name)
        if source is not None:
            try:
                found.append(source.read())
            except AccessError:
                continue
    return found
