"""Throw-away keys and certificates."""

from __future__ import annotations

import datetime
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

PLAIN = serialization.NoEncryption()


def make_certificate(name: str) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    """A key and a self-signed certificate for a name, `localhost` and 127.0.0.1."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return key, certificate


def key_pem(key: rsa.RSAPrivateKey, passphrase: str = "") -> bytes:
    """A key in PEM form."""
    cover = serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else PLAIN
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, cover)


def certificate_pem(certificate: x509.Certificate) -> bytes:
    """A certificate in PEM form."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def write_pair(path: Path, passphrase: str = "") -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    """Write a new key with its certificate into one PEM file."""
    key, certificate = make_certificate("watchpost test")
    path.write_bytes(key_pem(key, passphrase) + certificate_pem(certificate))
    return key, certificate
