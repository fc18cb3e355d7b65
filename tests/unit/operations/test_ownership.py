"""The packages with generic names must be ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.operations.ownership import foreign_owner, require_ownership, scattered
from streams.operations.refusal import Refusal

HOME = Path("/somewhere")


def test_here_all_is_well() -> None:
    require_ownership()


@pytest.mark.parametrize("name", ["schemas", "detectors", "streams"])
def test_another_distribution_owns_a_name(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    owners = {name: ["Watchpost", "other-dist"], "rich": ["rich"]}
    assert "other-dist" in foreign_owner(owners)
    monkeypatch.setattr("streams.operations.ownership.packages_distributions", lambda: owners)
    with pytest.raises(Refusal, match=name):
        require_ownership()


def test_our_own_distribution_may() -> None:
    assert foreign_owner({"streams": ["watchpost"]}) == ""


def test_a_package_from_elsewhere_is_named() -> None:
    homes = {"schemas": HOME, "detectors": HOME, "streams": HOME}
    assert scattered(homes) == ""
    assert "/elsewhere/schemas" in scattered(homes | {"schemas": Path("/elsewhere")})
    assert "detectors" in scattered(homes | {"detectors": None})
