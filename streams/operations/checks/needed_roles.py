"""Which app roles Watchpost needs for what. Layer: streams.

Sources: references office365-management-activity-api (2), graph-signins-and-message-trace (1 to 6), response-actions (4 to 6).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from streams.cloud.seam import Api

API_NAMES: Final[Mapping[Api, str]] = {
    Api.MANAGEMENT: "Office 365 Management APIs",
    Api.GRAPH: "Microsoft Graph",
    Api.EXCHANGE: "Office 365 Exchange Online",
}


@dataclass(frozen=True, slots=True)
class RoleNeed:
    """One of `any_of` (the first is the least that does) must be in the token for `api`; else `lost` is not seen."""

    api: Api
    any_of: tuple[str, ...]
    lost: str

    def met(self, roles: frozenset[str]) -> bool:
        """Whether one of them is there."""
        return any(role in roles for role in self.any_of)

    @property
    def remedy(self) -> str:
        """How to get it."""
        name = API_NAMES[self.api]
        return f"Add the application permission {self.any_of[0]} of {name} to the app registration and grant admin consent."


def _activity(lost: str) -> RoleNeed:
    return RoleNeed(Api.MANAGEMENT, ("ActivityFeed.Read",), lost)


def _audit_log(lost: str) -> RoleNeed:
    return RoleNeed(Api.GRAPH, ("AuditLog.Read.All",), lost)


_DIRECTORY: Final = ("Directory.Read.All", "Directory.ReadWrite.All")
FEED_ROLES: Final[Mapping[str, tuple[RoleNeed, ...]]] = {
    "Audit.AzureActiveDirectory": (_activity("logons and directory changes of the audit log"),),
    "Audit.Exchange": (_activity("everything that happens in mailboxes"),),
    "Audit.SharePoint": (_activity("everything that happens to files"),),
    "Audit.General": (_activity("Teams, Defender and other workloads"),),
    "DLP.All": (
        _activity("data loss prevention events"),
        RoleNeed(Api.MANAGEMENT, ("ActivityFeed.ReadDlp",), "details of data loss prevention events"),
    ),
    "signIns.interactiveUser": (_audit_log("sign-ins of people"),),
    "signIns.nonInteractiveUser": (_audit_log("use of sessions and refresh tokens in the background"),),
    "signIns.servicePrincipal": (_audit_log("sign-ins of applications, and the canary"),),
    "signIns.managedIdentity": (_audit_log("sign-ins of managed identities"),),
    "directoryAudits": (_audit_log("directory changes with their details"),),
    "riskDetections": (
        RoleNeed(
            Api.GRAPH, ("IdentityRiskEvent.Read.All", "IdentityRiskEvent.ReadWrite.All"), "Microsoft's risk detections"
        ),
    ),
    "messageTraces": (
        RoleNeed(Api.GRAPH, ("ExchangeMessageTrace.Read.All",), "whom mail went to, within minutes of sending"),
    ),
    "inventory": (),  # it works with any of INVENTORY_ROLES
}

ORGANIZATION: Final = RoleNeed(
    Api.GRAPH,
    ("Organization.Read.All", "Organization.ReadWrite.All", *_DIRECTORY),
    "the tenant's own mail domains (unless home_domains gives them) and its licences",
)
APPLICATIONS: Final = RoleNeed(
    Api.GRAPH,
    ("Application.Read.All", "Application.ReadWrite.All", *_DIRECTORY),
    "applications and their credentials, and when our own secret expires",
)
RULES: Final = RoleNeed(
    Api.GRAPH,
    ("MailboxSettings.Read", "MailboxSettings.ReadWrite"),
    "inbox rules made before monitoring began, which Exchange does not show either",
)
USERS: Final = RoleNeed(
    Api.GRAPH,
    ("User.Read.All", "User.ReadWrite.All", *_DIRECTORY),
    "which mailboxes there are, for the inventory: Exchange does not show them either",
)
GRANTS: Final = RoleNeed(
    Api.GRAPH,
    ("DelegatedPermissionGrant.Read.All", "DelegatedPermissionGrant.ReadWrite.All", *_DIRECTORY),
    "consents that people gave to applications",
)
ADMINISTRATORS: Final = RoleNeed(
    Api.GRAPH,
    ("RoleManagement.Read.Directory", "RoleManagement.Read.All", "RoleManagement.ReadWrite.Directory", *_DIRECTORY),
    "who is an administrator",
)
METHODS: Final = RoleNeed(
    Api.GRAPH,
    ("UserAuthenticationMethod.Read.All", "UserAuthenticationMethod.ReadWrite.All"),
    "authentication methods of administrators that were there before",
)
REGISTRATIONS: Final = _audit_log("which authentication methods accounts have (with Entra ID P1)")
EXCHANGE: Final = RoleNeed(
    Api.EXCHANGE,
    ("Exchange.ManageAsApp",),
    "hidden inbox rules, forwarding, mail flow rules, delegations, audit bypass, and whether auditing is on",
)
# Without these every feed still works; the home domains and `doctor` itself, or the inventory, see less.
OWN_ROLES: Final = (ORGANIZATION, APPLICATIONS)
INVENTORY_ROLES: Final = (GRANTS, ADMINISTRATORS, METHODS, REGISTRATIONS, EXCHANGE)
INSTEAD_OF_EXCHANGE: Final = (RULES, USERS)  # what the inventory needs of Graph where Exchange does not answer
