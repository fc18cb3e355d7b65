"""Reads a fact from one record of an MMDB file, whoever wrote it. Layer: streams.

MaxMind and DB-IP nest (`country.iso_code`, `location.latitude`, `traits`); ip-location-db and IPinfo keep everything at
the top (`country_code`, `latitude`, `as_name`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from detectors.engine.network import NetworkFact

CITY_KM, COUNTRY_KM = 50.0, 500.0  # radius where the file gives none: a position in a city, one of a country
_NO_COUNTRY = frozenset({"ZZ", "XX", "EU", "AP"})


def read_record(record: Mapping[str, Any]) -> NetworkFact:
    """Fact of one record; empty when it holds none of the keys."""
    traits = _part(record, "traits")
    location = _part(record, "location") or record
    latitude = _number(location.get("latitude", location.get("lat")))
    longitude = _number(location.get("longitude", location.get("lng")))
    city = _city(record)
    if latitude is None or longitude is None or not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        latitude = longitude = None
    return NetworkFact(
        asn=_asn(record) or _asn(traits),
        org=_org(record) or _org(traits),
        country=_country(record),
        city=city,
        latitude=latitude,
        longitude=longitude,
        accuracy_km=_number(location.get("accuracy_radius"))
        or (CITY_KM if latitude is not None and city else COUNTRY_KM),
    )


def country_code(value: object) -> str | None:
    """ISO 3166 alpha-2 in upper case; None for codes of no single country."""
    if not isinstance(value, str) or len(value) != 2 or not value.isascii() or not value.isalpha():
        return None
    return None if value.upper() in _NO_COUNTRY else value.upper()


def _country(record: Mapping[str, Any]) -> str | None:
    """Where the address is used, else where its network is registered."""
    for key in ("country", "registered_country"):
        code = country_code(_part(record, key).get("iso_code"))
        if code:
            return code
    return country_code(record.get("country_code")) or country_code(record.get("country"))


def _city(record: Mapping[str, Any]) -> str | None:
    city = record.get("city")
    if isinstance(city, Mapping):
        names = _part(city, "names")
        city = names.get("en") or next(iter(names.values()), None)
    return city if isinstance(city, str) and city else None


def _asn(record: Mapping[str, Any]) -> int | None:
    for key in ("autonomous_system_number", "asn"):
        text = str(record.get(key, "")).upper().removeprefix("AS")
        if text.isascii() and text.isdigit() and 0 < int(text) < 2**32:
            return int(text)
    return None


def _org(record: Mapping[str, Any]) -> str | None:
    for key in ("autonomous_system_organization", "as_name", "organization", "isp"):
        name = record.get(key)
        if isinstance(name, str) and name:
            return name
    return None


def _part(record: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    part = record.get(key)
    return part if isinstance(part, Mapping) else {}


def _number(value: object) -> float | None:
    """A finite number, also from text; None otherwise."""
    if not isinstance(value, int | float | str) or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if abs(number) < 1e6 else None
