"""Reading the truth: what fits is kept, what does not is named with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.evaluation.truth import TruthError, load_set

from .conftest import Make, attack, negative


def test_a_good_set(make: Make) -> None:
    found = load_set(make(attack(), negatives=(negative(),)))
    assert (found.meta.accounts, found.meta.days, found.meta.home_domains) == (100, 10.0, ("corp.example",))
    (one,) = found.attacks
    assert one.accounts == {"ann@corp.example"}
    assert [step.stage for step in one.steps] == ["evasion", "impact"]
    assert not one.is_spray
    assert found.negatives[0].kind == "newsletter"
    assert found.input.is_dir()


def test_a_look_alike_needs_no_stages_and_may_name_them_as_it_likes(make: Make) -> None:
    move = {"stage": "new_phone", "technique": "", "record_uids": [], "time_ms": 1}
    found = load_set(make(attack(), negatives=(negative(stages=[move]), negative(attack_id="bare", stages=None))))
    assert [one.steps for one in found.negatives] == [(), ()]


def test_a_spray_has_many_accounts_or_guesses_passwords(make: Make) -> None:
    guess = {"stage": "access", "technique": "T1110.003", "record_uids": ["m1"], "time_ms": 1}
    many = attack(attack_id="many", account=["A@corp.example", "b@corp.example"])
    found = load_set(make(many, attack(attack_id="one", stages=[guess])))
    assert [a.is_spray for a in found.attacks] == [True, True]
    assert found.attacks[0].accounts == {"a@corp.example", "b@corp.example"}


@pytest.mark.parametrize(
    ("at", "mailed"), [(0, 0), (1_099_999, 0), (1_100_000, 10), (1_250_000, 25), (1_400_000, 100), (9_999_999, 100)]
)
def test_recipients_are_a_step_function(make: Make, at: int, mailed: int) -> None:
    assert load_set(make(attack())).attacks[0].recipients_at(at) == mailed


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"attack_id": ""}, '"attack_id" is missing'),
        ({"account": 7}, '"account" is neither'),
        ({"account": []}, '"account" is neither'),
        ({"start_ms": "1"}, '"start_ms" is not a whole number'),
        ({"start_ms": True}, '"start_ms" is not a whole number'),
        ({"end_ms": 5}, '"end_ms" is before "start_ms"'),
        ({"record_uids": [], "stages": []}, '"record_uids" is empty'),
        ({"record_uids": ["rule"]}, "record m1"),
        ({"key_features": "rule"}, '"key_features" is not a list'),
        ({"key_features": [1]}, '"key_features" has an entry that is no text'),
        ({"stages": ["access"]}, '"stages" has an entry'),
        (
            {"stages": [{"stage": "theft", "technique": "T1", "record_uids": [], "time_ms": 1}]},
            '"stage" theft is none of',
        ),
        ({"recipients_before": [[1, 2], [2, 1]]}, '"recipients_before" goes back'),
        ({"recipients_before": [[1]]}, "not [ms, recipients]"),
    ],
)
def test_a_bad_attack_is_named_with_its_line(make: Make, changes: dict[str, object], words: str) -> None:
    folder = make(attack(attack_id="good"), attack(**changes))
    with pytest.raises(TruthError) as caught:
        load_set(folder)
    (problem,) = caught.value.problems
    assert problem.startswith(f"{folder / 'truth' / 'attacks.jsonl'}:2: ")
    assert words in problem


def test_every_problem_has_one_line(make: Make) -> None:
    folder = make(attack(), attack(), negatives=(negative(kind=None),), days=0)
    (folder / "input").rmdir()
    with (folder / "truth" / "attacks.jsonl").open("ab") as file:
        file.write(b"\n{broken\n[1]\n")
    with pytest.raises(TruthError) as caught:
        load_set(folder)
    names = [line.removeprefix(str(folder)) for line in str(caught.value).split("\n")]
    assert [name.split(": ")[0] for name in names] == [
        "/input",
        "/truth/meta.json",
        "/truth/attacks.jsonl:2",
        "/truth/attacks.jsonl:4",
        "/truth/attacks.jsonl:5",
        "/truth/hard_negatives.jsonl:1",
    ]
    assert "appears twice" in names[2]


def test_a_folder_without_truth(tmp_path: Path) -> None:
    with pytest.raises(TruthError) as caught:
        load_set(tmp_path)
    assert len(caught.value.problems) == 4
