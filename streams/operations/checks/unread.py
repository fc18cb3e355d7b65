"""Why something could not be read, and what to do: a role is named only where one is missing. Layer: streams."""

from __future__ import annotations

from streams.cloud.seam import CloudError, NoToken, Refused

_DENIED = (401, 403)


def why(error: CloudError) -> str:
    """The error in words; a missing token is told in full by the check of the credentials."""
    return "there is no token, see credentials" if isinstance(error, NoToken) else str(error)


def remedy_of(error: CloudError, grant: str) -> str:
    """`grant` where the service denied it, else nothing: other checks tell what is wrong."""
    return grant if isinstance(error, Refused) and error.status in _DENIED else ""
