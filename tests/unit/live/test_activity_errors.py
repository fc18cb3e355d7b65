"""The table of error codes."""

from __future__ import annotations

import re

from streams.collectors.live.activity_errors import ERRORS, Reaction, content_row_of, row_of
from tests.unit.live.fakes import refused

REFERENCE = """AF10001 AF20001 AF20002 AF20003 AF20010 AF20011 AF20012 AF20013 AF20020 AF20021 AF20022 AF20023 AF20024 AF20030
AF20031 AF20050 AF20051 AF20052 AF20053 AF20054 AF20055 AF429 AF50000 AF50005 AF50006"""


def test_every_code_of_the_reference_has_a_row() -> None:
    assert sorted(ERRORS) == sorted(re.findall(r"AF\d+", REFERENCE))


def test_what_a_person_must_change_has_a_remedy_and_nothing_else_has_one() -> None:
    to_change = {Reaction.UNAVAILABLE, Reaction.SWITCHED_OFF}
    assert all(bool(row.remedy) == (row.reaction in to_change) for row in ERRORS.values())
    assert all(row.meaning for row in ERRORS.values())


def test_a_code_is_found_in_any_case_and_an_unknown_one_is_a_failure() -> None:
    assert row_of(refused(" af20024 ")).reaction is Reaction.SUCCESS
    assert row_of(refused("AF31337")).reaction is Reaction.FAILURE


def test_a_plain_404_means_missing_only_for_content() -> None:
    assert row_of(refused("", 404)).reaction is Reaction.FAILURE
    assert content_row_of(refused("", 404)).reaction is Reaction.MISSING
    assert content_row_of(refused("AF20051", 404)).reaction is Reaction.LOST
