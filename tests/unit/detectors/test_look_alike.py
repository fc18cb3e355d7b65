"""Domains that look like the tenant's own, and those that only share some letters with it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.accounts.look_alike import look_alike

HOMES = ("contoso.example", "fabrikam.co.uk", "cat.example")


@pytest.mark.parametrize(
    ("domain", "resembled"),
    [
        ("contoso.com", "contoso.example"),  # another suffix
        ("contoso.co.example", "contoso.example"),
        ("fabrikam.com", "fabrikam.co.uk"),
        ("mail.contoso.net", "contoso.example"),  # a host below it
        ("c0ntoso.example", "contoso.example"),  # read as
        ("contosso.example", "contoso.example"),  # one letter more, less, other, or two exchanged
        ("contso.example", "contoso.example"),
        ("contozo.example", "contoso.example"),
        ("cnotoso.example", "contoso.example"),
        ("fabrlkarn.com", "fabrikam.co.uk"),  # two at once that read the same
        ("contoso-mail.example", "contoso.example"),
        ("secure-contoso.com", "contoso.example"),
        ("con-toso.com", "contoso.example"),
    ],
)
def test_looks_alike(domain: str, resembled: str) -> None:
    assert look_alike(domain, HOMES) == resembled


@pytest.mark.parametrize(
    "domain",
    [
        "contoso.example",  # itself
        "eu.contoso.example",  # below it
        "gmail.com",
        "cats.com",  # a short name has neighbours by chance
        "car.example",
        "costco.example",
        "contosolutions.example",  # nothing marks where the name ends
        "co.uk",
        "com",
        "",
    ],
)
def test_does_not(domain: str) -> None:
    assert look_alike(domain, HOMES) is None


@given(st.text(max_size=80), st.lists(st.text(max_size=30), max_size=4))
def test_any_text_is_answered(domain: str, homes: list[str]) -> None:
    assert look_alike(domain, homes) in (*homes, None)
