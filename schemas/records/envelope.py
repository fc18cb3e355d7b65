"""What Event Hubs, diagnostic settings and Log Analytics wrap around a Graph record. Layer: schemas.

Source: reference graph-signins-and-message-trace, section 7.3. Event Hubs: `{time, category, tenantId, properties: {…}}`, whose
`time` is that of ingestion and changes when the record is sent again; several of them in `{"records": […]}`. Log Analytics: one
row of columns that begin with capitals, nested objects often as JSON text. Graph's PowerShell modules, as JSON: capitals at every
depth.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from schemas.records.values import Record, lower, mapping

PAGE_LISTS: Final = ("value", "records")
_TABLE_TIMES: Final = frozenset(
    ("TimeGenerated", "CreatedDateTime", "ActivityDateTime", "DetectedDateTime", "RiskLastUpdatedDateTime")
)
_NOTHING: Final[Record] = {}
_DEPTH: Final = 8  # of nested objects that are respelt
_COLUMNS: Final = {
    "IPAddress": "ipAddress",
    "LocationDetails": "location",
    "AADTenantId": "tenantId",
    "AADOperationType": "operationType",
    "TenantId": "workspaceId",  # the column of that name is the workspace, not the tenant
    "ResourceId": "azureResourceId",  # of the log itself
    "ResourceIdentity": "resourceId",
}


class Opened(NamedTuple):
    """A record in Graph's spelling, its envelope ({} when it has none) and the tenant whose log it is, where that is said."""

    record: Record
    envelope: Record
    tenant: str | None


def page_members(obj: Record) -> list[object] | None:
    """The list in a page of an API (`value`) or in a batch of Event Hubs (`records`); None when the object is no page."""
    for name in PAGE_LISTS:
        members = obj.get(name)
        if type(members) is list:
            return members
    return None


def hub_properties(obj: Record) -> Record | None:
    """The vendor record of an Event Hubs envelope; None when the object is no envelope."""
    inner = obj.get("properties")
    if type(inner) is str and "category" in obj:
        inner = mapping(inner) or None
    return inner if type(inner) is dict else None


def is_table_row(obj: Record) -> bool:
    """A row of a Log Analytics table: it has one of its time columns."""
    return not obj.keys().isdisjoint(_TABLE_TIMES)


def _small(value: object, depth: int = _DEPTH) -> object:
    """Members of nested objects with a small first letter too, as the PowerShell modules of Graph write them with a capital."""
    if depth and type(value) is dict:
        return {
            "ipAddress" if name == "IPAddress" else name[:1].lower() + name[1:]: _small(held, depth - 1)
            for name, held in value.items()
        }
    return [_small(held, depth - 1) for held in value] if depth and type(value) is list else value


def from_table(row: Record) -> Record:
    """A row of Log Analytics, or an object of Graph's PowerShell modules, in Graph's spelling.

    First letters are small, a few columns have other names; empty cells are no members.
    """
    found: Record = {}
    for name, value in row.items():
        if value is None or value == "":
            continue
        found[_COLUMNS.get(name) or name[:1].lower() + name[1:]] = _small(value)
    place = row.get("Location")
    if place and not mapping(place):  # of the sign-in tables: the country alone
        found["countryCode"] = place
        if row.get("LocationDetails"):
            found["location"] = row["LocationDetails"]
        else:
            found.pop("location", None)
    return found


def opened(obj: Record) -> Opened:
    """The Graph record inside any envelope."""
    inner = hub_properties(obj) if "properties" in obj else None
    if inner is not None:
        return Opened(inner, obj, lower(obj.get("tenantId")) or lower(obj.get("tenantid")))
    if is_table_row(obj):
        row = from_table(obj)
        return Opened(row, _NOTHING, lower(row.get("tenantId")))
    return Opened(obj, _NOTHING, None)
