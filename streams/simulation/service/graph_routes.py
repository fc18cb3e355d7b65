"""Which path of Graph's directory needs which role, and who answers it. Layer: streams."""

from __future__ import annotations

import re
from dataclasses import dataclass

from streams.simulation.service import graph_actions as act
from streams.simulation.service import graph_directory as read
from streams.simulation.service.graph_actions import Action
from streams.simulation.service.graph_directory import Reader

_DIRECTORY = ("Directory.Read.All",)
_USERS = ("User.Read.All", "User.ReadWrite.All", *_DIRECTORY)
_APPS = ("Application.Read.All", "Application.ReadWrite.All", *_DIRECTORY)
_RULES = ("MailboxSettings.Read", "MailboxSettings.ReadWrite")
_WRITE_RULES = ("MailboxSettings.ReadWrite",)
_METHODS = ("UserAuthenticationMethod.Read.All", "UserAuthenticationMethod.ReadWrite.All")


@dataclass(frozen=True, slots=True)
class Route:
    """A path (its brackets are the names that a handler gets), the roles of which one is needed, and the handler."""

    method: str
    path: re.Pattern[str]
    roles: tuple[str, ...]
    reader: Reader | None = None
    action: Action | None = None


def _get(path: str, roles: tuple[str, ...], reader: Reader) -> Route:
    return Route("GET", re.compile(path, re.IGNORECASE), roles, reader=reader)


def _do(method: str, path: str, roles: tuple[str, ...], action: Action) -> Route:
    return Route(method, re.compile(path, re.IGNORECASE), roles, action=action)


_ONE = "([^/]+)"
_RULES_PATH = f"users/{_ONE}/mailFolders/inbox/messageRules"

ROUTES = (
    _get("users", _USERS, read.users),
    _get(f"users/{_ONE}", _USERS, read.user),
    _get(_RULES_PATH, _RULES, read.message_rules),
    _get(f"{_RULES_PATH}/{_ONE}", _RULES, read.message_rule),
    _get(f"users/{_ONE}/authentication/methods", _METHODS, read.methods),
    _get("organization", ("Organization.Read.All", *_DIRECTORY), read.organization),
    _get("subscribedSkus", ("Organization.Read.All", *_DIRECTORY), read.subscribed_skus),
    _get("oauth2PermissionGrants", ("DelegatedPermissionGrant.ReadWrite.All", *_DIRECTORY), read.grants),
    _get("servicePrincipals", _APPS, read.principals),
    _get(f"servicePrincipals/{_ONE}", _APPS, read.principal),
    _get(f"servicePrincipals/{_ONE}/appRoleAssignments", _APPS, read.role_assignments),
    _get("applications", _APPS, read.registered),
    _get("directoryRoles", ("RoleManagement.Read.Directory", *_DIRECTORY), read.directory_roles),
    _get(f"directoryRoles/{_ONE}/members", ("RoleManagement.Read.Directory", *_DIRECTORY), read.role_members),
    _get("reports/authenticationMethods/userRegistrationDetails", ("AuditLog.Read.All",), read.registrations),
    _do("POST", f"users/{_ONE}/revokeSignInSessions", ("User.RevokeSessions.All", "User.ReadWrite.All"),
        act.revoke_sessions),
    _do("PATCH", f"users/{_ONE}", (
        "User.EnableDisableAccount.All", "User-PasswordProfile.ReadWrite.All", "User.ReadWrite.All"), act.patch_user),
    _do("PATCH", f"{_RULES_PATH}/{_ONE}", _WRITE_RULES, act.patch_rule),
    _do("DELETE", f"{_RULES_PATH}/{_ONE}", _WRITE_RULES, act.delete_rule),
    _do("DELETE", f"oauth2PermissionGrants/{_ONE}", ("DelegatedPermissionGrant.ReadWrite.All",), act.delete_grant),
    _do("DELETE", f"servicePrincipals/{_ONE}/appRoleAssignments/{_ONE}", ("AppRoleAssignment.ReadWrite.All",),
        act.delete_role),
    _do("PATCH", f"servicePrincipals/{_ONE}", ("Application.ReadWrite.All",), act.patch_principal),
    _do("DELETE", f"users/{_ONE}/authentication/([a-z0-9]+)Methods/{_ONE}",
        ("UserAuthenticationMethod.ReadWrite.All",), act.delete_method),
    _do("POST", "identityProtection/riskyUsers/confirmCompromised", ("IdentityRiskyUser.ReadWrite.All",),
        act.confirm_compromised),
)  # fmt: skip


def route_of(method: str, path: str) -> tuple[Route, tuple[str, ...]] | None:
    """The route of a call, and the names in its path."""
    for route in ROUTES:
        found = route.path.fullmatch(path) if route.method == method else None
        if found is not None:
            return route, found.groups()
    return None
