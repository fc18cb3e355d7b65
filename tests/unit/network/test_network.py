"""Prefixes, keys and classes of networks."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.engine.network import (
    NetworkFact,
    is_microsoft_service,
    is_relay,
    network_class,
    network_key,
    prefix_of,
    wide_prefix_of,
)

NOTHING = NetworkFact()


@pytest.mark.parametrize(
    ("ip", "narrow", "wide"),
    [
        ("203.0.113.77", "203.0.113.0/24", "203.0.0.0/16"),
        ("2001:db8:1:2::3", "2001:db8:1::/48", "2001:db8::/32"),
        ("::ffff:203.0.113.77", "203.0.113.0/24", "203.0.0.0/16"),
        ("not an address", "not an address", "not an address"),
        ("", "", ""),
    ],
)
def test_prefixes(ip: str, narrow: str, wide: str) -> None:
    assert prefix_of(ip) == narrow and wide_prefix_of(ip) == wide


@given(st.ip_addresses(v=4) | st.ip_addresses(v=6, network="2001::/16"))
def test_prefixes_hold_the_address(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    for text in (prefix_of(str(address)), wide_prefix_of(str(address))):
        assert address in ipaddress.ip_network(text)


@pytest.mark.parametrize(
    ("ip", "microsoft"),
    [
        ("40.96.0.0", True),
        ("40.103.255.255", True),
        ("40.106.0.0", False),
        ("40.107.3.4", True),
        ("13.107.6.152", True),
        ("13.107.6.153", True),
        ("13.107.6.154", False),
        ("204.79.197.215", True),
        ("204.79.197.214", False),
        ("20.190.160.2", True),
        ("20.43.1.1", False),  # Azure, for rent
        ("2603:1026:101::2", True),
        ("2603:1026:3000::9", True),
        ("2603:10a6:803:e7::13", True),
        ("2603:1020::1", False),
        ("2a01:111:f403::1", True),
        ("::ffff:52.97.1.1", True),
        ("0.0.0.1", False),
        ("::1", False),
        ("", False),
    ],
)
def test_microsoft_service(ip: str, microsoft: bool) -> None:
    assert is_microsoft_service(ip) is microsoft


@pytest.mark.parametrize(
    ("fact", "relay"),
    [
        (NetworkFact(asn=36183, org="Akamai Technologies, Inc."), True),
        (NetworkFact(asn=13335, org="Cloudflare, Inc."), True),
        (NetworkFact(asn=54113, org="Fastly, Inc."), True),
        (NetworkFact(asn=136787, org="TEFINCOM S.A."), True),
        (NetworkFact(org="Mullvad VPN AB"), True),
        (NetworkFact(asn=3320, org="Deutsche Telekom AG"), False),
        (NetworkFact(asn=20940, org="Akamai International B.V."), False),
        (NOTHING, False),
    ],
)
def test_relay(fact: NetworkFact, relay: bool) -> None:
    assert is_relay("203.0.113.1", fact) is relay


@pytest.mark.parametrize(
    ("ip", "relay"),
    [
        ("185.46.212.90", True),
        ("165.225.80.33", True),
        ("163.116.200.1", True),
        ("172.226.1.2", True),
        ("172.234.1.2", False),
        ("2a09:bac3:1::7", True),
        ("185.46.216.1", False),
        ("2a0a::1", False),
        ("not an address", False),
    ],
)
def test_a_gateway_is_known_by_its_range_where_no_number_is_told(ip: str, relay: bool) -> None:
    assert is_relay(ip, NOTHING) is relay


@pytest.mark.parametrize(
    ("asn", "org", "kind"),
    [
        (14061, None, "hosting"),
        (64500, "Example Hosting GmbH", "hosting"),
        (64500, "Nordic Data Centre AS", "hosting"),
        (64500, "CloudSigma AG", "hosting"),
        (21928, "T-Mobile USA, Inc.", "mobile"),
        (64500, "Telia Mobile Oy", "mobile"),
        (64500, "Telefonica Moviles", "mobile"),
        (3320, "Deutsche Telekom AG", "access"),
        (7922, "Comcast Cable Communications, LLC", "access"),
        (7018, "AT&T Services, Inc.", "access"),
        (3215, "Orange", "access"),
        (1136, "KPN B.V.", "access"),
        (64500, None, "access"),
        (13335, "Cloudflare, Inc.", "unknown"),
        (None, None, "unknown"),
        (None, "Hetzner Online GmbH", "hosting"),
    ],
)
def test_class(asn: int | None, org: str | None, kind: str) -> None:
    assert network_class(NetworkFact(asn=asn, org=org)) == kind


def test_key() -> None:
    assert network_key("203.0.113.1", NetworkFact(asn=64500)) == "asn:64500"
    assert network_key("203.0.113.1", NOTHING) == network_key("203.0.7.9", NOTHING) == "net:203.0.0.0/16"
