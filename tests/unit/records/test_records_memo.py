"""`Memo`: results are those of its function, kept within bounds."""

from __future__ import annotations

from schemas.records.memo import Memo
from schemas.records.values import ip, pairs


def test_what_was_asked_before_is_not_computed_again() -> None:
    asked: list[str] = []
    memo = Memo(lambda text: asked.append(text) or text.upper(), entries=10, characters=10)
    assert [memo["ab"], memo["ab"], memo["c"]] == ["AB", "AB", "C"]
    assert asked == ["ab", "c"]


def test_it_never_holds_more_than_its_entries_and_stays_right() -> None:
    memo = Memo(len, entries=3, characters=10)
    for number in range(50):
        assert memo["x" * (number % 9)] == number % 9
        assert len(memo) <= 3


def test_a_long_text_is_answered_and_not_kept() -> None:
    memo = Memo(len, entries=3, characters=4)
    assert (memo["12345"], memo["1234"]) == (5, 4)
    assert list(memo) == ["1234"]


def test_an_address_in_plain_digits_is_what_the_address_parser_takes() -> None:
    assert ip("192.0.2.255") == "192.0.2.255"
    for none in ("0.0.0.0", "192.0.2.256", "192.0.02.1", "192.0.2", "192.0.2.1.1", "١٩٢.0.2.1", "192.0.2.1\n1"):
        assert ip(none) is None
    assert ip("192.0.2.1\n") == "192.0.2.1"


def test_pairs_of_the_usual_form_and_of_every_other_agree() -> None:
    usual: list[object] = [{"Name": "a", "Value": "1"}, {"Name": "b", "Value": "2"}, {"Name": "a", "Value": "3"}]
    assert pairs(usual) == {"a": "3", "b": "2"}
    assert pairs([*usual, {"Name": "c"}, {"Name": 5, "Value": "x"}, None, "text"]) == {"a": "3", "b": "2", "c": ""}
    assert pairs([{"Name": "a", "Value": 1}, {"Name": "b", "Value": "2"}]) == {"a": "", "b": "2"}
    assert pairs([{"Name": 5, "Value": "x"}]) == {}
    assert pairs([{"Name": ["a"], "Value": "x"}]) == {}
