"""The bytes of an evidence book. Layer: detectors.

Compressed JSON: few accounts hold evidence, and a book is read by people when something went wrong. Version 2:
an evidence ends with the records that entities named, where there are such; version 1 had none.
"""

from __future__ import annotations

import zlib
from typing import Any

import orjson

from detectors.engine.detector import Control
from detectors.incidents.book import Book, Held, OpenIncident, Ref
from schemas.contracts.incident import Reason, Resource, Stage, Technique


def dump_book(book: Book) -> bytes:
    """Book to bytes; equal books give equal bytes."""
    held = [_held_row(item) for _, item in sorted(book.held.items())]
    body = {"held": held, "incident": _incident_row(book.incident)}
    return zlib.compress(orjson.dumps(body), 6)


def load_book(data: bytes) -> Book:
    """Bytes to book; ValueError when they are damaged."""
    try:
        body = orjson.loads(zlib.decompress(data))
        items = [_held(row) for row in body["held"]]
        return Book({item.key: item for item in items}, _incident(body["incident"]))
    except (zlib.error, KeyError, TypeError, IndexError) as error:
        raise ValueError("the evidence book is damaged") from error


def _ref_row(ref: Ref) -> list[Any]:
    return [ref.time_ms, ref.uid, ref.operation, ref.ip, ref.session, ref.nats]


def _held_row(held: Held) -> list[Any]:
    technique = held.technique
    return [
        [held.detector, held.value, held.day, held.stage.value, int(held.control), held.nats, held.time_ms, held.count],
        [technique.uid, technique.name, technique.tactic_uid, technique.tactic],
        [[reason.feature, reason.observed, reason.expected, reason.nats] for reason in held.reasons],
        [held.sentence, held.advice, held.certain, held.adds, held.proof],
        [[resource.type, resource.uid, resource.name] for resource in held.resources],
        [_ref_row(ref) for ref in (held.first, held.last, held.peak, *held.sample)],
        *([sorted(held.heard)] if held.heard else ()),
    ]


def _held(row: list[Any]) -> Held:
    (detector, value, day, stage, control, nats, time_ms, count), technique, reasons, words, resources, refs, *heard = (
        row
    )
    sentence, advice, certain, adds, proof = words
    first, last, peak, *sample = (Ref(*ref) for ref in refs)
    return Held(
        detector,
        value,
        day,
        Stage(stage),
        Technique(*technique),
        Control(control),
        nats,
        tuple(Reason(*reason) for reason in reasons),
        sentence,
        advice,
        certain,
        adds,
        proof,
        tuple(Resource(*resource) for resource in resources),
        time_ms,
        first,
        last,
        peak,
        count,
        sample,
        set(heard[0]) if heard else set(),
    )


def _incident_row(incident: OpenIncident | None) -> list[Any] | None:
    if incident is None:
        return None
    stages = [stage.value for stage in incident.told_stages]
    told = [incident.told, incident.told_count, list(incident.told_detectors), stages]
    return [incident.uid, incident.created_ms, sorted(incident.tier_times.items()), *told, incident.historical]


def _incident(row: list[Any] | None) -> OpenIncident | None:
    if row is None:
        return None
    uid, created_ms, tiers, told, told_count, detectors, stages, historical = row
    told_stages = tuple(Stage(stage) for stage in stages)
    return OpenIncident(uid, created_ms, dict(tiers), told, told_count, tuple(detectors), told_stages, historical)
