"""What each error code of the Management Activity API means, and what the collector does about it. Layer: streams.

Source: reference office365-management-activity-api, section 8. Codes that are not in the table are failures: they are told
as they are, and the feed tries again later.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from streams.cloud.seam import Refused


class Reaction(StrEnum):
    """What is done about an error."""

    SUCCESS = "success"  # what was asked for is so already
    START = "start"  # start the subscription, come back in a minute
    CLAMP = "clamp"  # ask once more with a window that is surely allowed
    RESTART = "restart"  # list the window from its beginning
    MISSING = "missing"  # give this content up, nothing was lost that we could have had
    LOST = "lost"  # give this content up and say that its records are lost
    LATER = "later"  # throttled, or the service's own trouble: come back
    LONG_LATER = "long later"  # trouble that passes in hours
    UNAVAILABLE = "unavailable"  # consent, configuration: said once with its remedy, probed daily
    SWITCHED_OFF = "switched off"  # the tenant's auditing: the same, as something that somebody did
    FAILURE = "failure"  # ours or unknown: told, tried again later


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """One code: its meaning in words, the reaction and, where a person can do something, the remedy."""

    code: str
    meaning: str
    reaction: Reaction
    remedy: str = ""


AUDIT_OFF: Final = ErrorRow(
    "DataServiceException",
    "unified audit logging is switched off in this tenant",
    Reaction.SWITCHED_OFF,
    "Switch it on: Set-AdminAuditLogConfig -UnifiedAuditLogIngestionEnabled $true; it takes up to 60 minutes.",
)
_UNKNOWN: Final = ErrorRow("", "the service refused, and its code is not known", Reaction.FAILURE)
_TENANT_REMEDY: Final = "Set the tenant's id (a GUID), the one in which the app registration has its consent."

_ROWS: Final = (
    ErrorRow(
        "AF10001",
        "the app lacks the role ActivityFeed.Read",
        Reaction.UNAVAILABLE,
        "Add the application permission ActivityFeed.Read of Office 365 Management APIs and grant admin consent.",
    ),
    ErrorRow("AF20001", "a parameter is missing", Reaction.FAILURE),
    ErrorRow("AF20002", "a parameter has the wrong type", Reaction.FAILURE),
    ErrorRow("AF20003", "the webhook's expiration lies in the past", Reaction.FAILURE),
    ErrorRow("AF20010", "the tenant is not the token's", Reaction.UNAVAILABLE, _TENANT_REMEDY),
    ErrorRow(
        "AF20011",
        "the service does not know the tenant",
        Reaction.SWITCHED_OFF,
        "Check the tenant's id, and that unified audit logging is switched on.",
    ),
    ErrorRow("AF20012", "the service has the tenant wrong in its own configuration", Reaction.LONG_LATER),
    ErrorRow("AF20013", "the tenant is no GUID", Reaction.UNAVAILABLE, _TENANT_REMEDY),
    ErrorRow(
        "AF20020",
        "this cloud does not know the content type",
        Reaction.UNAVAILABLE,
        "Leave this content type out of the configuration.",
    ),
    ErrorRow("AF20021", "the webhook was not accepted", Reaction.FAILURE),
    ErrorRow("AF20022", "there is no subscription", Reaction.START),
    ErrorRow("AF20023", "an administrator disabled the subscription", Reaction.START),
    ErrorRow("AF20024", "the subscription is enabled already", Reaction.SUCCESS),
    ErrorRow("AF20030", "the times are not within 24 hours and 7 days", Reaction.CLAMP),
    ErrorRow("AF20031", "the link to the next page is not valid", Reaction.RESTART),
    ErrorRow("AF20050", "the content does not exist", Reaction.MISSING),
    ErrorRow("AF20051", "the content has expired", Reaction.LOST),
    ErrorRow("AF20052", "the content's id is not valid", Reaction.MISSING),
    ErrorRow("AF20053", "more than one language was asked for", Reaction.FAILURE),
    ErrorRow("AF20054", "the language was not understood", Reaction.FAILURE),
    ErrorRow("AF20055", "the times are not valid", Reaction.CLAMP),
    ErrorRow("AF429", "throttled", Reaction.LATER),
    ErrorRow("AF50000", "the service failed", Reaction.LATER),
    ErrorRow("AF50005", "the service failed", Reaction.LATER),
    ErrorRow("AF50006", "the service failed", Reaction.LATER),
)
ERRORS: Final = {row.code: row for row in _ROWS}

_AUDIT_OFF_MARK: Final = "DataServiceException"
_NOT_FOUND: Final = 404
_NO_CONTENT: Final = ErrorRow("404", "the content does not exist", Reaction.MISSING)


def row_of(error: Refused) -> ErrorRow:
    """The row for an error of any call."""
    if _AUDIT_OFF_MARK in error.message:
        return AUDIT_OFF
    return ERRORS.get(error.code.strip().upper(), _UNKNOWN)


def content_row_of(error: Refused) -> ErrorRow:
    """The row for an error of fetching content, where a plain 404 means that it does not exist."""
    row = row_of(error)
    return _NO_CONTENT if row is _UNKNOWN and error.status == _NOT_FOUND else row
