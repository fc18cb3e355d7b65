"""The list of a session state's rows is kept up as rows come, and is always what listing anew would give."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from detectors.accounts.session_state import Row, SessionState

DAYS = st.sampled_from((20_000, 20_001, 20_002))
ADDED = st.tuples(st.just("add"), DAYS, st.integers(0, 3))
SEALED = st.tuples(st.just("seal"), DAYS, st.just(0))


def row(key: int, day: int, session: int) -> Row:
    return Row(key, day * 86_400_000, day * 86_400_000, 1, 1, 0, 0, 0, session)


@given(st.lists(st.one_of(ADDED, ADDED, ADDED, SEALED), max_size=25))
def test_rows_kept_up_are_those_listed_anew(acts: list[tuple[str, int, int]]) -> None:
    state = SessionState()
    for number, (act, day, session) in enumerate(acts):
        if act == "add":
            state.add_row(day, row(number, day, session))
        else:
            state.seal(day, learn=False)
        kept, kept_of = list(state.all_rows()), [list(state.rows_of(session)) for session in range(1, 4)]
        state.listed = None
        assert kept == state.all_rows()
        assert kept_of == [state.rows_of(session) for session in range(1, 4)]
        assert kept == [held for rows in state.rows.values() for held in rows.values()]
        if number % 2:
            state.listed = None  # also from a list that is to be made anew
