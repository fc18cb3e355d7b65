"""Text of unknown origin on its way to people."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.text import csv_cell, printable, well_formed

anything = st.text(st.characters(exclude_categories=()), max_size=80)  # lone surrogates too


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ada Quill", "Ada Quill"),
        ("Größe €😀", "Größe €😀"),
        ("a\x1b[31mb\x07", "a\\x1b[31mb\\x07"),
        ("a\r\nb\tc\u2028d\u00a0e", "a  b c d e"),
        ("x\u202egpj.exe\u2066", "x\\u202egpj.exe\\u2066"),
        ("\ud800\u200b\U000e0041", "\\ud800\\u200b\\U000e0041"),
    ],
)
def test_printable(text: str, shown: str) -> None:
    """What steers becomes visible, what is text stays."""
    assert printable(text) == shown


@given(anything, st.integers(0, 40))
def test_printable_is_printable_and_bounded(text: str, limit: int) -> None:
    """For any text and bound."""
    shown = printable(text, limit)
    assert shown.isprintable()
    assert len(shown) <= limit
    shown.encode()


def test_printable_says_that_it_cut() -> None:
    """An ellipsis within the bound."""
    assert printable("x" * 50, 10) == "xxxxxxxxx…"
    assert printable("x" * 10, 10) == "x" * 10


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r@", "  =", "\uff1d", '"=', "'=", "\n-"])
def test_csv_cell_is_no_formula(start: str) -> None:
    """Nor after what a spreadsheet trims."""
    assert csv_cell(start + "cmd|' /C calc'!A0").startswith("'")


@given(anything)
def test_csv_cell_never_starts_a_formula(text: str) -> None:
    """For any text."""
    shown = csv_cell(text)
    assert shown.strip()[:1] not in set("=+-@")
    assert shown.isprintable()


@given(anything)
def test_well_formed_can_be_encoded(text: str) -> None:
    """Lone surrogates only are replaced."""
    well_formed(text).encode()
    if text.isascii():
        assert well_formed(text) == text
