"""Where a setting comes from: option, then WATCHPOST_ variable, then TOML file, then default. Layer: streams.

The command-line library merges them in this order: an option names its variable (`variable`), and `use_file` hands it the
file's values as the map it looks at before its own default. A setting of one command may also stand in the command's own
table (`[scan]`), which wins over the top of the file. Messages name settings, never the values of a file.
"""

from __future__ import annotations

import ipaddress
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from streams.operations.refusal import Refusal

PREFIX = "WATCHPOST_"
FILE_BYTES_MAX = 1 << 20
TABLES = frozenset({"kafka", "tenants", "sinks", "practice"})
# Settings of contracts 4 and 5 that are read elsewhere: a file is shared by all commands.
SHARED = frozenset(
    {
        "cloud",
        "management_url",
        "graph_url",
        "login_url",
        "ca_bundle",
        "exchange_url",
        "feeds",
        "managed_identity",
        "publisher",
        "tenant_id",
        "client_id",
        "client_secret",
        "client_secret_file",
        "client_certificate",
        "client_certificate_file",
        "client_certificate_passphrase",
        "client_certificate_passphrase_file",
        "federated_token_file",
    }
)
_PLURALS = {"home_domains": "home_domain"}


def variable(setting: str) -> str:
    """Name of a setting's environment variable."""
    return PREFIX + setting.upper()


def use_file(context: typer.Context, path: Path | None) -> Path | None:
    """Option callback (eager): make a TOML file's values the defaults of the command. Refusal when it is wrong."""
    if path is None:
        return None
    table = read_file(path)
    commands = _settings_by_command(context)
    command = _name(context)
    _refuse_unknown(path, table, commands)
    known = commands[command]
    flat = {name: value for name, value in table.items() if name in known}
    if command not in TABLES:  # [[tenants]] are no settings of the command `tenants`
        flat |= table.get(command, {})
    context.default_map = {known[name].parameter: _listed(value, known[name]) for name, value in flat.items()}
    context.obj = table
    return path


def file_table(context: typer.Context, name: str) -> Mapping[str, object]:
    """A table of the file, such as `kafka`; empty when there is none."""
    found = context.obj.get(name, {}) if isinstance(context.obj, dict) else {}
    if not isinstance(found, dict):
        raise Refusal(f"{name} is not a table: write [{name}] in the file")
    return found


def file_value(context: typer.Context, name: str) -> object:
    """A value at the top of the file, or a list of tables such as `[[tenants]]`; None when it is not there."""
    return context.obj.get(name) if isinstance(context.obj, dict) else None


def read_file(path: Path) -> dict[str, Any]:
    """A TOML file with names in one spelling (`fail-on`, `fail_on`); Refusal when it cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(FILE_BYTES_MAX + 1)
    except (OSError, ValueError) as error:
        raise Refusal(f"{path}: cannot be read: {getattr(error, 'strerror', None) or 'not a valid path'}") from None
    if len(data) > FILE_BYTES_MAX:
        raise Refusal(f"{path}: larger than {FILE_BYTES_MAX} bytes, which no settings file is")
    try:
        table = tomllib.loads(data.decode("utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise Refusal(f"{path}: not TOML: {_place(error)}") from None
    except (UnicodeDecodeError, RecursionError):
        raise Refusal(f"{path}: not TOML: not UTF-8 text") from None
    return _spelled(table)


def networks(texts: Iterable[str]) -> tuple[str, ...]:
    """Networks in CIDR notation from options and comma-separated lists; Refusal at the first that is none."""
    found = []
    for text in split(texts):
        try:
            found.append(str(ipaddress.ip_network(text, strict=False)))
        except ValueError:
            raise Refusal(f"not a network in CIDR notation (like 203.0.113.0/24): {text}") from None
    return tuple(sorted(set(found)))


def split(texts: Iterable[str]) -> list[str]:
    """Values of a repeatable option, each of which may hold several, divided by commas."""
    return [part.strip() for text in texts for part in text.split(",") if part.strip()]


def _place(error: tomllib.TOMLDecodeError) -> str:
    """Where it is wrong, without the text around it: that may be a secret."""
    _, bracket, place = str(error).rpartition("(at ")
    return f"wrong at {place.rstrip(')')}" if bracket else "wrong syntax"


def _spelled(table: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for name, value in table.items():
        name = name.replace("-", "_")
        name = _PLURALS.get(name, name)
        found[name] = _spelled(value) if isinstance(value, dict) and name not in TABLES else value
    return found


@dataclass(frozen=True, slots=True)
class _Setting:
    """Where a setting goes: the command's parameter, and whether it may be given several times."""

    parameter: str
    repeatable: bool


def _settings_by_command(context: typer.Context) -> dict[str, dict[str, _Setting]]:
    """The settings of every command, by the name that they have in a file."""
    group: Any = context.find_root().command
    commands = getattr(group, "commands", None) or {context.info_name or "": context.command}
    chosen = _name(context)
    return {
        name: _settings_of(command, context.command if name == chosen else None) for name, command in commands.items()
    }


def _name(context: typer.Context) -> str:
    """The command's name, or that of the group it is in: `incidents list` has its settings in [incidents]."""
    place: Any = context
    while place.parent is not None and place.parent.parent is not None:
        place = place.parent
    return str(place.info_name or "")


def _settings_of(command: Any, chosen: Any = None) -> dict[str, _Setting]:
    """Settings of a command; of a group those of all its commands, the chosen one's parameters where names agree."""
    members = getattr(command, "commands", None)
    if members is not None:
        found: dict[str, _Setting] = {}
        for member in members.values():
            found |= _settings_of(member)
        return found | (_settings_of(chosen) if chosen is not None else {})
    return {
        max(item.opts, key=len).lstrip("-").replace("-", "_"): _Setting(item.name, item.nargs != 1 or item.multiple)
        for item in command.params
        if item.name != "config"
    }


def _listed(value: Any, setting: _Setting) -> Any:
    return [value] if setting.repeatable and isinstance(value, str) else value


def _refuse_unknown(path: Path, table: Mapping[str, Any], commands: Mapping[str, Mapping[str, _Setting]]) -> None:
    known = TABLES | SHARED | {setting for settings in commands.values() for setting in settings}
    for name, value in table.items():
        if name not in commands or name in TABLES:
            if name not in known:
                raise Refusal(f"{path}: unknown setting {name}")
        elif not isinstance(value, dict):
            raise Refusal(f"{path}: {name} is a command: write its settings in [{name}]")
        else:
            for setting in value:
                if setting not in commands[name]:
                    raise Refusal(f"{path}: unknown setting {setting} in [{name}]")
