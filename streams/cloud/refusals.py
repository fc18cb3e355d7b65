"""What an API says when it says no: code, message, request id. Layer: streams."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from streams.cloud.secret import Redactor

BODY_BYTES_READ = 64 << 10
_AF_CODE = re.compile(r"\bAF\d{3,6}\b")
_MESSAGE = re.compile(r"""['"]message['"]\s*:\s*['"]([^'"]{0,400})""")
_KIND = re.compile(r"^\|[^|]{0,200}\|")
_REQUEST_IDS = ("request-id", "x-ms-request-id", "client-request-id", "x-ms-correlation-id")


class Reason(NamedTuple):
    """Why a call was refused; every text is safe to show."""

    code: str
    message: str
    request_id: str


def reason(status: int, headers: Mapping[str, str], body: bytes, redactor: Redactor) -> Reason:
    """Read an error answer in any of the APIs' shapes: JSON, JSON with single quotes, NUL bytes, HTML, nothing."""
    head = body[:BODY_BYTES_READ]
    code, message, request_id = _from_json(head) or _from_text(head.decode("utf-8", "replace"))
    request_id = request_id or next((headers[name] for name in _REQUEST_IDS if headers.get(name)), "")
    return Reason(
        redactor.clean(code, 60) or f"HTTP{status}",
        redactor.clean(message.replace("\0", "").strip()) or "no reason given",
        redactor.clean(request_id, 60),
    )


def _from_json(head: bytes) -> tuple[str, str, str] | None:
    try:
        answer = orjson.loads(head)
    except orjson.JSONDecodeError:
        return None
    error = answer.get("error") if isinstance(answer, dict) else None
    if isinstance(error, str):
        return error, _text(answer.get("error_description") or answer.get("message")), ""
    if not isinstance(error, dict):
        error = answer if isinstance(answer, dict) and ("code" in answer or "message" in answer) else {}
    inner: Mapping[str, Any] = next(
        (error[name] for name in ("innerError", "innererror") if isinstance(error.get(name), dict)), {}
    )
    return _text(error.get("code")), _deepest(error, inner), _text(inner.get("request-id"))


def _deepest(error: Mapping[str, Any], inner: Mapping[str, Any]) -> str:
    """The message; behind Exchange's "Invalid Operation" the one of the exception or of the first detail."""
    exception = inner.get("internalexception")
    if isinstance(exception, dict) and exception.get("message"):
        return _KIND.sub("", _text(exception["message"]))
    details = error.get("details")
    if isinstance(details, list) and details and isinstance(details[0], dict) and details[0].get("message"):
        return _KIND.sub("", _text(details[0]["message"]))
    return _text(error.get("message"))


def _from_text(text: str) -> tuple[str, str, str]:
    code = _AF_CODE.search(text)
    message = _MESSAGE.search(text)
    if code is None:
        return "", "" if "<" in text else text.strip()[:400], ""
    return code.group(), message.group(1) if message else "", ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else ""
