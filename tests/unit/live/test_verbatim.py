"""Slicing answers without touching them; redaction."""

from __future__ import annotations

import orjson
import pytest

from streams.cloud.seam import BadAnswer
from streams.collectors.live.redaction import REDACTED, redacted
from streams.collectors.live.verbatim import array_elements, page_elements


def test_elements_are_the_very_bytes() -> None:
    first, second = b'{ "a" : 1.50, "s":"}]\\"[{" }', b'{"b":[{"c":[1,2]},{}],"\xc3\xa9":null}'
    body = b"\xef\xbb\xbf \n[\r\n" + first + b" ,\n" + second + b"\n]\n"
    assert array_elements(body).records == [first, second]


@pytest.mark.parametrize("body", [b"[]", b" [ \n ] "])
def test_an_empty_list_has_no_elements(body: bytes) -> None:
    assert array_elements(body) == ([], [])


def test_what_is_no_object_is_set_aside() -> None:
    pieces = array_elements(b'[1,{"a":1},"x,]",[{"no":1}],null]')
    assert pieces.records == [b'{"a":1}']
    assert [piece for piece, _ in pieces.unreadable] == [b"1", b'"x,]"', b'[{"no":1}]', b"null"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[",
        b'[{"a":1}',
        b'[{"a":1},',
        b'[{"a":"',
        b'[{"a":1}]]',
        b'[{"a":1} {"b":2}]',
        b"[,]",
        b"<html>",
        b"null",
    ],
)
def test_a_cut_or_foreign_body_is_refused(body: bytes) -> None:
    with pytest.raises(BadAnswer):
        array_elements(body)


def test_every_prefix_of_a_body_is_refused() -> None:
    body = b'[{"a":"x\\"y"},{"b":[1,{"c":{}}]},{"d":null}]'
    for size in range(len(body)):
        with pytest.raises(BadAnswer):
            array_elements(body[:size])


def test_a_page_gives_its_list_and_its_link_in_any_order() -> None:
    body = b'{"@odata.context":"x","extra":{"value":[9]},"value":[{"id" : "1"}],"@odata.nextLink":"https:\\/\\/h/n"}'
    pieces, others = page_elements(body)
    assert pieces.records == [b'{"id" : "1"}']
    assert others == {"@odata.context": "x", "extra": {"value": [9]}, "@odata.nextLink": "https://h/n"}


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"value":1}', b'{"value":[{]}', b'{"value":[]', b"{value:[]}"])
def test_a_page_without_its_list_is_refused(body: bytes) -> None:
    with pytest.raises(BadAnswer):
        page_elements(body)


def test_a_large_body_is_cut_in_linear_time() -> None:
    record = b'{"k":"' + b"x" * 500 + b'","l":[' + b",".join([b"{}"] * 50) + b"]}"
    assert len(array_elements(b"[" + b",".join([record] * 5_000) + b"]").records) == 5_000


def test_detected_values_do_not_leave() -> None:
    record = orjson.dumps(
        {"Id": "1", "P": [{"S": {"DetectedValues": [{"Name": "4111", "Value": "x 4111 y"}], "T": 1}}]}
    )
    assert b"4111" not in redacted(record)
    assert orjson.loads(redacted(record)) == {"Id": "1", "P": [{"S": {"DetectedValues": [REDACTED], "T": 1}}]}


@pytest.mark.parametrize(
    "text",
    [
        '{"detectedValues":["4111"]}',
        "DetectedValues: 4111",
        '"DetectedValues 4111"',
        '[{"DETECTEDVALUES":{"a":"4111"}}]',
    ],
)
def test_nor_inside_a_text(text: str) -> None:
    assert b"4111" not in redacted(orjson.dumps({"Id": "1", "PolicyDetails": text}))


def test_a_broken_record_with_detected_values_does_not_leave() -> None:
    assert b"4111" not in redacted(b'{"DetectedValues":["4111"')


def test_a_record_without_them_is_untouched() -> None:
    record = b'{ "Id" : "1" , "n":1.50}'
    assert redacted(record) is record
