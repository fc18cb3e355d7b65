"""One account's live state and its bytes. Layer: detectors."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Any

from detectors.engine.detector import Detector
from detectors.engine.envelope import DamagedState, Section, open_envelope, seal_envelope
from detectors.engine.exposure import Exposure
from detectors.incidents.book import Book
from detectors.incidents.book_codec import dump_book, load_book

LIFE, BOOK, EXPOSURE = 1, 2, 4  # section numbers below 16 are the engine's own
_LIFE = struct.Struct("<qqHHHBB")
SAW_SIGNIN, SAW_RECIPIENTS, SAW_SEND = 1, 2, 4


@dataclass(slots=True)
class Account:
    """State of one account. Days are days since 1970-01-01 UTC."""

    number: int  # index in the partition, not durable
    states: list[Any]
    first_ms: int = 0
    last_ms: int = 0
    sealed_days: int = 0
    active_hours: int = 0
    seen: int = 0  # bits of the feeds that told of it
    late: int = 0  # records that came after their day was sealed
    sealed_to: int | None = None  # closed day of the tenant up to which no open day is left, not kept
    open_days: dict[int, int] = field(default_factory=dict)  # day -> bits of the hours with own acts
    book: Book = field(default_factory=Book)
    exposure: Exposure | None = None
    foreign: list[Section] = field(default_factory=list)  # sections of detectors that are not installed


def new_account(number: int, detectors: tuple[Detector[Any], ...]) -> Account:
    """An account never seen."""
    return Account(number, [detector.start() for detector in detectors])


def dump_account(account: Account, detectors: tuple[Detector[Any], ...]) -> bytes:
    """Envelope bytes of an account."""
    life = _LIFE.pack(
        account.first_ms,
        account.last_ms,
        min(account.sealed_days, 65_535),
        min(account.active_hours, 65_535),
        min(account.late, 65_535),
        account.seen,
        len(account.open_days),
    )
    life += b"".join(struct.pack("<iI", day, hours) for day, hours in sorted(account.open_days.items()))
    sections = [Section(LIFE, 1, life), *account.foreign]
    if account.book.held or account.book.incident:
        sections.append(Section(BOOK, 2, dump_book(account.book)))
    if account.exposure is not None:
        sections.append(Section(EXPOSURE, 1, account.exposure.pack()))
    for detector, state in zip(detectors, account.states, strict=True):
        data = detector.dump(state)
        if data:
            sections.append(Section(detector.info.number, detector.info.version, data))
    return seal_envelope(sections)


def load_account(data: bytes, number: int, detectors: tuple[Detector[Any], ...]) -> tuple[Account, int]:
    """(account, sections that were damaged and start anew)."""
    account, damaged = new_account(number, detectors), 0
    try:
        sections = open_envelope(data)
    except DamagedState:
        return account, 1
    places = {detector.info.number: place for place, detector in enumerate(detectors)}
    for section in sections:
        try:
            place = places.get(section.number)
            if section.number == LIFE:
                _load_life(account, section.data)
            elif section.number == BOOK:
                account.book = load_book(section.data)
            elif section.number == EXPOSURE:
                account.exposure = Exposure.unpack(section.data)
            elif place is None or section.version > detectors[place].info.version:
                account.foreign.append(section)
            else:
                account.states[place] = detectors[place].load(section.data, section.version)
        except (ValueError, struct.error):
            damaged += 1
    return account, damaged


def book_of(data: bytes) -> Book:
    """The evidence book alone of an account's bytes; ValueError when it or the envelope is damaged."""
    for section in open_envelope(data):
        if section.number == BOOK:
            return load_book(section.data)
    return Book()


def _load_life(account: Account, data: bytes) -> None:
    first, last, sealed, active, late, account.seen, days = _LIFE.unpack_from(data)
    account.first_ms, account.last_ms, account.sealed_days = first, last, sealed
    account.active_hours, account.late = active, late
    account.open_days = dict(struct.iter_unpack("<iI", data[_LIFE.size : _LIFE.size + 8 * days]))
