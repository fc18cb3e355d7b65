"""Networks, places and chance of the practice world."""

from __future__ import annotations

import ipaddress

from streams.simulation.chance import chance
from streams.simulation.world.cities import CITIES
from streams.simulation.world.networks import draw_address, networks


def test_every_network_gives_valid_addresses() -> None:
    rng = chance(1, "addresses")
    for found in networks().values():
        for network in found:
            for share in (0.0, 1.0):
                assert ipaddress.ip_address(draw_address(network, rng, share)).is_global


def test_every_network_has_a_city() -> None:
    assert {country for _, country in networks()} <= set(CITIES)


def test_chance_depends_on_all_words() -> None:
    draws = {chance(1, "a", "b").random(), chance(1, "ab").random(), chance(2, "a", "b").random()}
    assert len(draws) == 3
    assert chance(1, "a", "b").random() in draws


def test_poisson_and_geometric_have_their_means() -> None:
    rng = chance(1, "means")
    assert abs(sum(rng.poisson(3.0) for _ in range(4000)) / 4000 - 3.0) < 0.15
    assert abs(sum(rng.geometric(0.5) for _ in range(4000)) / 4000 - 2.0) < 0.1
