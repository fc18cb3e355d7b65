"""Addresses that say nothing about a place."""

from __future__ import annotations

import pytest

from detectors.engine.network import is_public


@pytest.mark.parametrize(
    "ip", ["::1", "127.0.0.1", "10.1.2.3", "172.31.0.1", "192.168.1.1", "fe80::1", "fd00::1", "nonsense"]
)
def test_private_and_loopback_are_no_place(ip: str) -> None:
    assert not is_public(ip)


@pytest.mark.parametrize("ip", ["80.114.221.214", "172.32.0.1", "2a01:111:f400::1", "203.0.113.7"])
def test_the_rest_is(ip: str) -> None:
    assert is_public(ip)
