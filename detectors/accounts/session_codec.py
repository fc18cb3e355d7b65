"""The bytes of `impossible-session`'s state. Layer: detectors. Version 2."""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from typing import NamedTuple, TypeVar
from uuid import UUID

from detectors.accounts.session_state import (
    DEVICE_MANAGED,
    KINDS,
    NOWHERE,
    SIZES,
    SYSTEMS,
    Record,
    Row,
    Session,
    SessionState,
    client_key,
)
from detectors.engine.detector import DAY_MS
from detectors.models.categories import CategoryNovelty

_ROW, _ROW_1 = struct.Struct("<IIBBfe"), struct.Struct("<QIBBBfeH")
_RECORD, _LATER, _CLIENT, _JUDGED = 1, 2, 4, 8  # bits of a row's flags: what follows
_SPOT = struct.Struct("<hh")
_SESSION, _SESSION_1 = struct.Struct("<BBH"), struct.Struct("<IIIBBH")
_SUSPECT = struct.Struct("<BII")
_GUID, _LONG = 0xFF, 0xFE  # in the place of a length: 16 bytes of a GUID; two bytes of length
_TEXT_BYTES_MAX = 512
_Place = tuple[int, int, int, int, int, int]
_Client = tuple[int, int, int, int]
_T = TypeVar("_T")
_WRITTEN_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def packed_text(text: str) -> bytes:
    """A text with its length, of a GUID in small letters its 16 bytes; what is longer than 512 bytes is cut."""
    if len(text) == 36 and _WRITTEN_GUID.fullmatch(text):
        return bytes([_GUID]) + bytes.fromhex(text.replace("-", ""))
    data = text.encode("utf-8", "surrogatepass")
    if len(data) > _TEXT_BYTES_MAX:
        data = data[:_TEXT_BYTES_MAX].decode("utf-8", "ignore").encode()
    return bytes([len(data)]) + data if len(data) < _LONG else struct.pack("<BH", _LONG, len(data)) + data


def dump_state(state: SessionState) -> bytes:
    """Models (u16 length each) | hashes, places, clients, texts (u16 n each) | sessions | days | suspects, if any.

    Empty for who was never seen.

    Rows name what they share by its place in the tables: of a place network, wide, country, address and position, of a
    client agent, device, system and what is known of the device; of the record operation, address and session.
    """
    days = sorted(state.rows.keys() | state.shown.keys() | state.failed.keys())
    if not state.models and not days and not state.suspects:
        return b""
    parts = [struct.pack("<qB", state.last_ms, state.last_place)]
    for kind in KINDS:
        model = state.models.get(kind)
        data = model.pack() if model is not None else b""
        parts += [struct.pack("<H", len(data)), data]
    tables = _tables(state)
    parts += [*_packed_tables(tables), bytes([len(state.sessions)])]
    for key, held in state.sessions.items():
        named = (tables.hashes[value] for value in (key, held.network, held.wide))
        parts.append(
            struct.pack(_index_form(len(tables.hashes), 3), *named) + _SESSION.pack(held.system, held.held, held.day)
        )
    parts.append(bytes([len(days)]))
    for day in days:
        rows, shown, failed = (
            state.rows.get(day, {}),
            sorted(state.shown.get(day, ())),
            sorted(state.failed.get(day, ())),
        )
        parts.append(struct.pack("<iHHH", day, len(rows), len(shown), len(failed)))
        parts.append(struct.pack(f"<{len(shown)}I{len(failed)}I", *shown, *failed))
        judged = -1
        for _, row in sorted(rows.items()):
            parts.append(_packed_row(row, day, tables, judged))
            judged = row.trusted_on & 0xFFFF
    return b"".join(parts) + _packed_suspects(state)


def _packed_suspects(state: SessionState) -> bytes:
    """`i32 day, u8 n`, then `u8 kind, u32 value, u32 minutes` each; nothing where nothing was accused."""
    if not state.suspects:
        return b""
    parts = [struct.pack("<iB", state.accused_on, len(state.suspects))]
    for (kind, value), minute in sorted(state.suspects.items()):
        parts.append(_SUSPECT.pack(KINDS.index(kind), value, minute))
    return b"".join(parts)


def _load_suspects(state: SessionState, reader: _Reader) -> None:
    state.accused_on, count = reader.unpack("<iB")
    for _ in range(count):
        kind, value, minute = _SUSPECT.unpack(reader.take(_SUSPECT.size))
        if kind >= len(KINDS):
            raise ValueError("the state of impossible-session is damaged")
        state.suspects[KINDS[kind], value] = minute


def _hashes(row: Row) -> tuple[int, ...]:
    """What rows of one account mostly share."""
    return (row.network, row.wide, row.country, row.agent, row.device, row.session, row.address)


def _texts(record: Record) -> tuple[str, str, str]:
    """What records of one account mostly share: operation, address, session."""
    return record[1], record[2] or "", record[3] or ""


def _index_form(count: int, fields: int = 7) -> str:
    """Struct of places in a table of so many entries."""
    return f"<{fields}B" if count < 256 else f"<{fields}H"


class _Tables(NamedTuple):
    """Where everything is that rows share."""

    hashes: dict[int, int]
    places: dict[_Place, int]
    clients: dict[_Client, int]
    texts: dict[str, int]


def _place(row: Row) -> _Place:
    return row.network, row.wide, row.country, row.address, row.latitude, row.longitude


def _client(row: Row) -> _Client:
    return row.agent, row.device, row.system, row.held


def _tables(state: SessionState) -> _Tables:
    """In order, so that equal states are equal bytes."""
    rows = state.all_rows()
    hashes = {value for row in rows for value in _hashes(row)}
    hashes.update(value for key, held in state.sessions.items() for value in (key, held.network, held.wide))
    texts = {text for row in rows if row.record for text in _texts(row.record)}
    places, clients = {_place(row) for row in rows}, {_client(row) for row in rows}
    return _Tables(_numbered(hashes), _numbered(places), _numbered(clients), _numbered(texts))


def _numbered(values: set[_T]) -> dict[_T, int]:
    return {value: n for n, value in enumerate(sorted(values))}  # type: ignore[type-var]


def _packed_tables(tables: _Tables) -> list[bytes]:
    hashes = tables.hashes
    parts = [struct.pack(f"<H{len(hashes)}I", len(hashes), *hashes), struct.pack("<H", len(tables.places))]
    for *values, latitude, longitude in tables.places:
        parts.append(struct.pack(_index_form(len(hashes), 4), *(hashes[value] for value in values)))
        parts.append(_SPOT.pack(latitude, longitude))
    parts.append(struct.pack("<H", len(tables.clients)))
    for agent, device, system, held in tables.clients:
        parts.append(struct.pack(_index_form(len(hashes), 2), hashes[agent], hashes[device]) + bytes([system, held]))
    return [*parts, struct.pack("<H", len(tables.texts)), *map(packed_text, tables.texts)]


def _packed_row(row: Row, day: int, tables: _Tables, judged: int) -> bytes:
    """`judged`: the day of the profile by which the row before was judged."""
    derived = row.key & 0xFFFFFFFF == client_key(row)
    later, new_day = row.last_ms != row.first_ms, row.trusted_on & 0xFFFF != judged
    flags = _RECORD * (row.record is not None) | _LATER * later | _CLIENT * (not derived) | _JUDGED * new_day
    offset = row.first_ms - day * DAY_MS
    data = _ROW.pack(row.key >> 32, offset, flags, row.kind, row.nats, row.own_nats)
    data += struct.pack(_index_form(len(tables.places), 1), tables.places[_place(row)])
    data += struct.pack(_index_form(len(tables.clients), 1), tables.clients[_client(row)])
    data += struct.pack(_index_form(len(tables.hashes), 1), tables.hashes[row.session])
    if later:
        data += struct.pack("<I", row.last_ms - day * DAY_MS)
    if not derived:
        data += struct.pack("<I", row.key & 0xFFFFFFFF)
    if new_day:
        data += struct.pack("<H", row.trusted_on & 0xFFFF)
    if row.record is None:
        return data
    named = struct.pack(_index_form(len(tables.texts), 3), *(tables.texts[text] for text in _texts(row.record)))
    return data + packed_text(row.record[0]) + named


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def unpack(self, form: str) -> tuple[int, ...]:
        size = struct.calcsize(form)
        return struct.unpack(form, self.take(size))

    def take(self, length: int) -> bytes:
        piece = self.data[self.at : self.at + length]
        if len(piece) != length:
            raise ValueError("the state of impossible-session is cut")
        self.at += length
        return piece

    def text(self) -> str:
        """The next text, see `packed_text`."""
        length = self.take(1)[0]
        if length == _GUID:
            return str(UUID(bytes=self.take(16)))
        if length == _LONG:
            (length,) = self.unpack("<H")
        return self.take(length).decode("utf-8", "surrogatepass")


def load_state(data: bytes, version: int) -> SessionState:
    """Bytes of version 1 or 2 to state; ValueError when they are damaged."""
    state, reader = SessionState(), _Reader(data)
    try:
        state.last_ms, state.last_place = reader.unpack("<qB")
        for kind in KINDS:
            (length,) = reader.unpack("<H")
            if length:
                state.models[kind] = CategoryNovelty.unpack(reader.take(length), SIZES[kind])
        if version == 1:
            for _ in range(reader.take(1)[0]):
                key, network, wide, system, held, day = _SESSION_1.unpack(reader.take(_SESSION_1.size))
                state.sessions[key] = Session(network, wide, system, held, day)
        (count,) = reader.unpack("<H")
        hashes = reader.unpack(f"<{count}I")
        rows_of = _RowsOf1(reader, hashes) if version == 1 else _RowsOf2(reader, hashes)
        if version > 1:
            for _ in range(reader.take(1)[0]):
                key, network, wide = _entries(reader, hashes, 3)
                state.sessions[key] = Session(network, wide, *_SESSION.unpack(reader.take(_SESSION.size)))
        for _ in range(reader.take(1)[0]):
            _load_day(state, reader, rows_of)
        if version > 1 and reader.at < len(data):
            _load_suspects(state, reader)
        state.note_newest()
    except struct.error as error:
        raise ValueError("the state of impossible-session is damaged") from error
    if reader.at != len(data):
        raise ValueError("the state of impossible-session has more bytes than it says")
    return state


def _load_day(state: SessionState, reader: _Reader, rows_of: _RowsOf1 | _RowsOf2) -> None:
    day, rows, shown, failed = reader.unpack("<iHHH")
    values = reader.unpack(f"<{shown + failed}I")
    if shown:
        state.shown[day] = set(values[:shown])
    if failed:
        state.failed[day] = set(values[shown:])
    held = rows_of.day(day, rows)
    if held:
        state.rows[day] = {row.key: row for row in held}


class _RowsOf2:
    """Reads the tables, then the rows of version 2."""

    def __init__(self, reader: _Reader, hashes: tuple[int, ...]) -> None:
        self._reader = reader
        self._hashes = hashes
        self._places = [(*self._named(4), *reader.unpack("<hh")) for _ in range(reader.unpack("<H")[0])]
        self._clients = [(*self._named(2), *reader.take(2)) for _ in range(reader.unpack("<H")[0])]
        self._texts = [reader.text() for _ in range(reader.unpack("<H")[0])]
        if any(client[2] >= len(SYSTEMS) or client[3] > DEVICE_MANAGED for client in self._clients):
            raise ValueError("the state of impossible-session is damaged")

    def _named(self, count: int) -> list[int]:
        return _entries(self._reader, self._hashes, count)

    def day(self, day: int, count: int) -> list[Row]:
        """The rows of a day."""
        rows: list[Row] = []
        judged = -1
        for _ in range(count):
            rows.append(self._row(day * DAY_MS, judged))
            judged = rows[-1].trusted_on
        return rows

    def _row(self, base: int, judged: int) -> Row:
        reader = self._reader
        upper, first, flags, kind, nats, own_nats = _ROW.unpack(reader.take(_ROW.size))
        ((network, wide, country, address, latitude, longitude),) = _entries(reader, self._places, 1)
        ((agent, device, system, held),) = _entries(reader, self._clients, 1)
        (session,) = self._named(1)
        (last,) = reader.unpack("<I") if flags & _LATER else (first,)
        place = (network, wide, country, agent, device, session, system, held, kind, latitude, longitude)
        row = Row(0, base + first, base + last, *place, nats, own_nats, address)
        (lower,) = reader.unpack("<I") if flags & _CLIENT else (client_key(row),)
        row.key = upper << 32 | lower
        (row.trusted_on,) = reader.unpack("<H") if flags & _JUDGED else (judged,)
        if flags & _RECORD:
            uid = reader.text()
            operation, ip, session_id = _entries(reader, self._texts, 3)
            row.record = (uid, operation, ip or None, session_id or None)
        return row


class _RowsOf1:
    """Reads the rows of version 1: all their hashes and the four texts of a record in each, NUL between them."""

    def __init__(self, reader: _Reader, hashes: tuple[int, ...]) -> None:
        self._reader = reader
        self._hashes = hashes

    def day(self, day: int, count: int) -> list[Row]:
        """The rows of a day."""
        return [self._row(day * DAY_MS) for _ in range(count)]

    def _row(self, base: int) -> Row:
        reader = self._reader
        key, first, system, flags, kind, nats, own_nats, trusted_on = _ROW_1.unpack(reader.take(_ROW_1.size))
        network, wide, country, agent, device, session, address = _entries(reader, self._hashes, 7)
        (last,) = reader.unpack("<I") if flags & 8 else (first,)
        latitude, longitude = reader.unpack("<hh") if flags & 16 else (NOWHERE, NOWHERE)
        record = self._record() if flags & 1 else None
        if system >= len(SYSTEMS):
            raise ValueError("the state of impossible-session is damaged")
        place = (network, wide, country, agent, device, session, system, flags >> 1 & 3, kind)
        return Row(
            key, base + first, base + last, *place, latitude, longitude, nats, own_nats, address, trusted_on, record
        )

    def _record(self) -> Record:
        (length,) = self._reader.unpack("<H")
        parts = self._reader.take(length).decode("utf-8", "surrogatepass").split("\0")
        if len(parts) != 4:
            raise ValueError("the state of impossible-session is damaged")
        return parts[0], parts[1], parts[2] or None, parts[3] or None


def _entries(reader: _Reader, table: Sequence[_T], count: int) -> list[_T]:
    """The next entries of a table, by their places; ValueError for a place beyond its end."""
    places = reader.unpack(_index_form(len(table), count))
    if max(places) >= len(table):
        raise ValueError("the state of impossible-session is damaged")
    return [table[place] for place in places]
