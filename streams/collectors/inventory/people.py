"""Whose mailboxes there are: of Exchange, else of the accounts with an address. Layer: streams."""

from __future__ import annotations

from streams.cloud.seam import Cloud
from streams.collectors.inventory.calls import Row, cmdlet, listing, text_of

_OWN_KINDS = ("discoverymailbox",)  # Exchange's own


def exchange_mailboxes(cloud: Cloud) -> list[Row]:
    """Every mailbox as Get-Mailbox shows it; any `CloudError`."""
    rows = cmdlet(cloud, "Get-Mailbox", {"ResultSize": "Unlimited"})
    return [row for row in rows if text_of(row, "RecipientTypeDetails").lower() not in _OWN_KINDS]


def mailbox_owners(cloud: Cloud, exchange: bool) -> dict[str, str]:
    """UPN to object id of everybody with a mailbox, lower case; any `CloudError`."""
    if exchange:
        return owners_of(exchange_mailboxes(cloud))
    rows = listing(cloud, "users", {"$select": "id,userPrincipalName,mail,userType", "$top": "999"})
    people = [row for row in rows if text_of(row, "mail") and text_of(row, "userType").lower() != "guest"]
    return {upn: text_of(row, "id").lower() for row in people if (upn := text_of(row, "userPrincipalName").lower())}


def owners_of(rows: list[Row]) -> dict[str, str]:
    """The same, of rows of Get-Mailbox."""
    return {upn: text_of(row, "ExternalDirectoryObjectId").lower() for row in rows if (upn := upn_of(row))}


def upn_of(row: Row) -> str:
    """UPN of a row of Get-Mailbox, lower case."""
    return (text_of(row, "UserPrincipalName") or text_of(row, "PrimarySmtpAddress")).lower()
