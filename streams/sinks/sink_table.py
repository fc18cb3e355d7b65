"""One `[[sinks]]` table, read field by field: types, choices, secrets; whatever is left over is unknown. Layer: streams."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from schemas.text import printable
from streams.sinks.secret import Secret

SECRET_BYTES_MAX = 65_536
_Choice = TypeVar("_Choice", bound=StrEnum)


class SinkError(ValueError):
    """A setting of a sink is missing or wrong. One plain line that names the setting and never its value."""


class SinkTable:
    """Settings of one sink. Every method takes a setting away; `finish` refuses what nobody took."""

    def __init__(self, name: str, table: Mapping[str, Any], environ: Mapping[str, str]) -> None:
        self._name = name
        self._left = {key.replace("-", "_"): value for key, value in table.items()}
        self._environ = environ

    def error(self, setting: str, text: str) -> SinkError:
        """An error that names sink and setting."""
        return SinkError(f"sink {self._name}: {setting} {text}")

    def text(self, setting: str, default: str | None = None) -> str:
        """A text of one line; `default` None: it must be there."""
        value = self._left.pop(setting, default)
        if value is None:
            raise self.error(setting, "is missing")
        if not isinstance(value, str) or not value.isprintable() or (not value.strip() and value != default):
            raise self.error(setting, "must be a text of one line")
        return value

    def texts(self, setting: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """A text or a list of texts, at least one."""
        value = self._left.pop(setting, default)
        if value is None:
            raise self.error(setting, "is missing")
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list | tuple) or not items:
            raise self.error(setting, "must be a text or a list of texts")
        if not all(isinstance(item, str) and item.strip() and item.isprintable() for item in items):
            raise self.error(setting, "must be a text or a list of texts")
        return tuple(items)

    def whole(self, setting: str, default: int, least: int, most: int) -> int:
        """A whole number within limits."""
        value = self._left.pop(setting, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self.error(setting, f"must be a whole number from {least} to {most}")
        return value

    def seconds(self, setting: str, default: float) -> float:
        """A time limit in seconds, 0.1 to 300."""
        value = self._left.pop(setting, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0.1 <= value <= 300:
            raise self.error(setting, "must be a number of seconds from 0.1 to 300")
        return float(value)

    def flag(self, setting: str, default: bool) -> bool:
        """True or false."""
        value = self._left.pop(setting, default)
        if not isinstance(value, bool):
            raise self.error(setting, "must be true or false")
        return value

    def choice(self, setting: str, kind: type[_Choice], default: _Choice) -> _Choice:
        """One of the values of an enumeration."""
        value = self._left.pop(setting, default.value)
        try:
            return kind(value)
        except ValueError:
            raise self.error(setting, "must be one of " + ", ".join(item.value for item in kind)) from None

    def path(self, setting: str) -> Path | None:
        """A path, None when it is not set."""
        return Path(self.text(setting)) if setting in self._left else None

    def mapping(self, setting: str) -> dict[str, Any]:
        """A table within the table; empty when it is not set."""
        value = self._left.pop(setting, {})
        if not isinstance(value, dict):
            raise self.error(setting, "must be a table")
        return value

    def secret(self, setting: str, required: bool = False) -> Secret | None:
        """A secret from the file that `<setting>_file` names or from the sink's variable, never from the table itself."""
        variable = self.variable(setting)
        if setting in self._left:
            raise self.error(setting, f"is a secret: put it into a file named by {setting}_file, or into {variable}")
        file = self.path(f"{setting}_file")
        if value := self.from_variable(setting):
            return value
        if file is not None:
            return Secret(self._one_line(setting, self._read(f"{setting}_file", file)))
        if required:
            raise self.error(setting, f"is missing: name a file with {setting}_file, or set {variable}")
        return None

    def from_variable(self, setting: str) -> Secret | None:
        """A secret from the sink's variable alone."""
        value = self._environ.get(self.variable(setting))
        return Secret(self._one_line(setting, value)) if value else None

    def variable(self, setting: str) -> str:
        """Name of the variable that holds a secret of this sink."""
        return "WATCHPOST_SINK_" + re.sub(r"[^A-Z0-9]", "_", f"{self._name}_{setting}".upper())

    def secret_values(self, setting: str, files: bool = True) -> dict[str, Secret]:
        """A table whose values count as secrets: `name = value`, `name_file` or `name.file` = path of the file with it."""
        found: dict[str, Secret] = {}
        for name, value in _flat(self.mapping(setting)):
            shown = f"{setting}.{printable(name, 60)}"
            if isinstance(value, bool):
                value = str(value).lower()
            if not isinstance(value, str | int | float):
                raise self.error(shown, "must be a text or a number")
            base = re.sub(r"[._]file$", "", name)
            is_file = files and base != name
            text = self._read(shown, Path(str(value))) if is_file else str(value)
            found[base if is_file else name] = Secret(self._one_line(shown, text))
        return found

    def finish(self) -> None:
        """`SinkError` at the first setting that nobody asked for."""
        for setting in self._left:
            raise SinkError(f"sink {self._name}: unknown setting {printable(setting, 60)}")

    def _read(self, setting: str, file: Path) -> str:
        try:
            with file.open("rb") as opened:
                data = opened.read(SECRET_BYTES_MAX + 1)
        except OSError as error:
            raise self.error(setting, f"names a file that cannot be read: {error.strerror}") from None
        except ValueError:
            raise self.error(setting, "names no valid path") from None
        if len(data) > SECRET_BYTES_MAX:
            raise self.error(setting, f"names a file larger than {SECRET_BYTES_MAX} bytes, which no secret is")
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise self.error(setting, "names a file that is not UTF-8 text") from None

    def _one_line(self, setting: str, text: str) -> str:
        value = text.strip()
        if not value or not value.isprintable():
            raise self.error(setting, "must be one line of printable text")
        return value


def _flat(table: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """TOML reads `sasl.mechanism = ...` as tables within tables."""
    found: list[tuple[str, Any]] = []
    for name, value in table.items():
        found += _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else [(f"{prefix}{name}", value)]
    return found
