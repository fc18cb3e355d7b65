"""Network data from MMDB files that the operator names, and the country without any file. Layer: streams."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from importlib.metadata import version
from itertools import islice
from pathlib import Path

import iptocc
import maxminddb

from detectors.engine.network import NetworkFact
from streams.collectors.network_record import country_code, read_record

_CACHED = 65_536  # addresses
_TRIED = 2_000  # records read at the start to see that a file holds what it should
_NOTHING = NetworkFact()


class NetworkFactsError(Exception):
    """A file that cannot be used; the message is one line for the operator."""


class NetworkFacts:
    """Implements `NetworkLookup`; the order of `paths` does not matter.

    Country, network and position are each taken from the first file that knows them, files with positions first; a
    country that no file knows comes from the registries' allocations (iptocc).
    """

    def __init__(self, paths: Sequence[Path] = ()) -> None:
        """Raises `NetworkFactsError` when a file is missing, damaged, or holds none of country, network, position."""
        files = sorted((_MmdbFile(path) for path in paths), key=lambda file: file.rank)
        self._files = files
        names = [*(file.identity for file in files), f"iptocc {version('iptocc')}"]
        self.knowledge_id = "network:" + hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]
        self.sources = tuple(names)  # readable, in order of precedence
        self._remembered = lru_cache(_CACHED)(self._merge)

    def fact(self, ip: str) -> NetworkFact:
        """What is known of an address; an empty fact for text that is none.

        Raises `NetworkFactsError` when a file turns out damaged there.
        """
        return self._remembered(ip)

    def close(self) -> None:
        """Release the files."""
        for file in self._files:
            file.close()

    def _merge(self, ip: str) -> NetworkFact:
        merged = _NOTHING
        for file in self._files:
            merged = _joined(merged, file.fact(ip))
        if merged.country is None:
            merged = replace(merged, country=country_code(iptocc.country_code(ip)))
        return merged


class _MmdbFile:
    """One open file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._clear_errors():
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "blake2b").hexdigest()[:16]
            self._reader = maxminddb.open_database(path)
            about = self._reader.metadata()
            tried = [read_record(record) for _, record in islice(self._reader, _TRIED) if isinstance(record, dict)]
        if all(_joined(_NOTHING, fact) == _NOTHING for fact in tried):
            raise NetworkFactsError(f"{path}: {about.database_type!r} holds no country, network or position")
        self._wide = about.ip_version == 6
        places = any(fact.latitude is not None for fact in tried)
        self.identity = f"{about.database_type} {about.build_epoch} {digest}"
        self.rank = (not places, all(fact.country is None for fact in tried), -about.build_epoch, self.identity)

    def fact(self, ip: str) -> NetworkFact:
        """Fact of an address from this file alone."""
        if ":" in ip and not self._wide:
            return _NOTHING
        with self._clear_errors():
            try:
                record = self._reader.get(ip)
            except ValueError:
                return _NOTHING
        return read_record(record) if isinstance(record, dict) else _NOTHING

    def close(self) -> None:
        self._reader.close()

    @contextmanager
    def _clear_errors(self) -> Iterator[None]:
        try:
            yield
        except maxminddb.InvalidDatabaseError:
            hint = "; unpack it first" if self._path.suffix in {".gz", ".zip", ".tgz", ".xz"} else ""
            raise NetworkFactsError(f"{self._path}: damaged, or no MMDB file{hint}") from None
        except OSError as error:
            raise NetworkFactsError(f"{self._path}: {error.strerror or 'cannot be read'}") from None


def _joined(known: NetworkFact, more: NetworkFact) -> NetworkFact:
    """`known`, its gaps filled from `more`; a city goes with its position, an organisation with its number."""
    if known.asn is None and (more.asn is not None or known.org is None):
        known = replace(known, asn=more.asn, org=more.org or known.org)
    if known.country is None:
        known = replace(known, country=more.country)
    if known.latitude is None and more.latitude is not None:
        return replace(
            known, city=more.city, latitude=more.latitude, longitude=more.longitude, accuracy_km=more.accuracy_km
        )
    return known
