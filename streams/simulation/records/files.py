"""SharePoint and OneDrive records (record types 4, 6, 14). Layer: streams."""

from __future__ import annotations

from streams.simulation.chance import Chance
from streams.simulation.record import MANAGEMENT, Body, Record
from streams.simulation.records.common import Use, access_context, envelope
from streams.simulation.world.person import Person
from streams.simulation.world.tenant import Tenant


def file_record(
    tenant: Tenant, who: Person, rng: Chance, at: int, use: Use, operation: str, name: str, site: str = ""
) -> Record:
    """A file opened, changed, uploaded, downloaded or shared; ``site`` empty means the own OneDrive."""
    one_drive = not site
    sharing = operation in ("AnonymousLinkCreated", "SharingSet", "SharingInvitationCreated")
    personal = who.upn.replace("@", "_").replace(".", "_")
    url = f"https://{tenant.short}-my.sharepoint.com/personal/{personal}" if one_drive else (
        f"https://{tenant.short}.sharepoint.com/sites/{site}")  # fmt: skip
    library = "Documents" if one_drive else "Shared Documents"
    body: Body = {"AppAccessContext": access_context(use) | {"CorrelationId": rng.guid()}} if use.session else {}
    body |= envelope(
        tenant, at, rng.guid(), operation, 14 if sharing else 6, "",
        (f"i:0h.f|membership|{who.puid.lower()}@live.com", 0, "OneDrive" if one_drive else "SharePoint", ""),
    )  # fmt: skip
    body["ClientIP"] = use.ip
    body["ObjectId"] = f"{url}/{library}/{name}"
    body["UserId"] = who.upn
    body["CorrelationId"] = rng.guid()
    body["EventSource"] = "SharePoint"
    body["ItemType"] = "File"
    body["ListId"] = rng.guid()
    body["ListItemUniqueId"] = rng.guid()
    body["Site"] = rng.guid()
    body["UserAgent"] = use.agent
    body["WebId"] = rng.guid()
    if sharing:
        body["EventData"] = "<Type>View</Type><MembersCanShareApplied>False</MembersCanShareApplied>"
    else:
        body["FileSizeBytes"] = rng.whole(8_000, 4_000_000)
        body["HighPriorityMediaProcessing"] = False
    body["SourceFileExtension"] = name.rpartition(".")[2]
    if operation == "AnonymousLinkCreated":
        body["UniqueSharingId"] = rng.guid()
    if operation == "SharingSet":
        body["TargetUserOrGroupType"], body["TargetUserOrGroupName"] = "SecurityGroup", rng.hexadecimal(32).lower()
    body["SiteUrl"] = url if sharing else f"{url}/"
    body["SourceFileName"] = name
    body["SourceRelativeUrl"] = f"{library}/{name}" if sharing else library
    return Record(MANAGEMENT, at, body["Id"], body)


def page_record(tenant: Tenant, who: Person, rng: Chance, at: int, use: Use, site: str) -> Record:
    """PageViewed on a team site."""
    body: Body = {"AppAccessContext": access_context(use) | {"CorrelationId": rng.guid()}} if use.session else {}
    body |= envelope(
        tenant, at, rng.guid(), "PageViewed", 4, "",
        (f"i:0h.f|membership|{who.puid.lower()}@live.com", 0, "SharePoint", ""),
    )  # fmt: skip
    body["ClientIP"] = use.ip
    body["ObjectId"] = f"https://{tenant.short}.sharepoint.com/sites/{site}/SitePages/Home.aspx"
    body["UserId"] = who.upn
    body["CorrelationId"] = rng.guid()
    body["CustomUniqueId"] = True
    body["EventSource"] = "SharePoint"
    body["ItemType"] = "Page"
    body["ListItemUniqueId"] = rng.guid()
    body["Site"] = rng.guid()
    body["UserAgent"] = use.agent
    body["WebId"] = rng.guid()
    return Record(MANAGEMENT, at, body["Id"], body)
