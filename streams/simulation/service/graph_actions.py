"""Graph's directory, written: what a responder does. Layer: streams."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from streams.simulation.service.deeds import Deeds
from streams.simulation.service.graph_directory import Query
from streams.simulation.service.web import Reply, json_reply
from streams.simulation.world.person import Person


@dataclass(frozen=True, slots=True)
class Missing(Exception):
    """What the call is about does not exist; `code` is Graph's."""

    code: str = "Request_ResourceNotFound"


@dataclass(frozen=True, slots=True)
class Refused(Exception):
    """The call is not possible; status, Graph's code and text."""

    status: int
    code: str
    text: str


_ENABLING = frozenset(("User.EnableDisableAccount.All", "User.ReadWrite.All"))
_RESETTING = frozenset(("User-PasswordProfile.ReadWrite.All", "User.ReadWrite.All"))
_MUST_CHANGE = "forceChangePasswordNextSignIn"

Action = Callable[[Query, Deeds], Reply]


def _person(query: Query) -> Person:
    person = query.directory.find(query.names[0])
    if person is None:
        raise Missing
    return person


def _member(query: Query, name: str) -> bool:
    body = query.request.json()
    value = body.get(name) if isinstance(body, dict) else None
    if not isinstance(value, bool):
        raise Refused(400, "Request_BadRequest", f"A value is required for property '{name}' of resource.")
    return value


def revoke_sessions(query: Query, deeds: Deeds) -> Reply:
    """POST /users/{id}/revokeSignInSessions."""
    deeds.revoke_sessions(_person(query), query.now_ms)
    return json_reply(200, {"@odata.context": f"{query.base}/{query.version}/$metadata#Edm.Boolean", "value": True})


def patch_user(query: Query, deeds: Deeds) -> Reply:
    """PATCH /users/{id}: accountEnabled, passwordProfile (a password, forceChangePasswordNextSignIn), each with its role.

    Administrators are protected from applications without a role.
    """
    person, body = _person(query), query.request.json()
    profile = body.get("passwordProfile") if isinstance(body, dict) else None
    if profile is None:
        enabled = _member(query, "accountEnabled")
        _protect(query, person, _ENABLING)
        deeds.set_enabled(person, enabled, query.now_ms)
        return Reply(204)
    if not isinstance(profile, dict) or not (profile.get("password") or profile.get(_MUST_CHANGE) is True):
        raise Refused(400, "Request_BadRequest", "A value is required for property 'passwordProfile' of resource.")
    _protect(query, person, _RESETTING)
    deeds.reset_password(person, profile.get(_MUST_CHANGE) is True, query.now_ms)
    if "accountEnabled" in body:
        _protect(query, person, _ENABLING)
        deeds.set_enabled(person, _member(query, "accountEnabled"), query.now_ms)
    return Reply(204)


def _protect(query: Query, person: Person, roles: frozenset[str]) -> None:
    if person.kind == "admin" or not roles & query.roles:
        raise Refused(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def patch_rule(query: Query, deeds: Deeds) -> Reply:
    """PATCH /users/{id}/mailFolders/inbox/messageRules/{rule}: isEnabled."""
    person = _person(query)
    enabled = _member(query, "isEnabled")
    shown = [rule for rule in query.directory.mailbox(person).rules if not rule.hidden]
    for number, rule in enumerate(shown, 1):
        if rule.id == query.names[1]:
            deeds.set_rule(person, rule, enabled, query.now_ms)
            return json_reply(200, rule.graph(number))
    raise Missing("ErrorItemNotFound")


def delete_rule(query: Query, deeds: Deeds) -> Reply:
    """DELETE …/messageRules/{rule}."""
    person = _person(query)
    for rule in query.directory.mailbox(person).rules:
        if rule.id == query.names[1] and not rule.hidden:
            deeds.remove_rule(person, rule, query.now_ms)
            return Reply(204)
    raise Missing("ErrorItemNotFound")


def delete_grant(query: Query, deeds: Deeds) -> Reply:
    """DELETE /oauth2PermissionGrants/{id}."""
    for grant in query.directory.applications.grants:
        if grant.id == query.names[0]:
            deeds.remove_grant(grant, query.now_ms)
            return Reply(204)
    raise Missing


def delete_role(query: Query, deeds: Deeds) -> Reply:
    """DELETE /servicePrincipals/{id}/appRoleAssignments/{assignment}."""
    for role in query.directory.applications.roles:
        if role["principalId"] == query.names[0] and role["id"] == query.names[1]:
            deeds.remove_role(role, query.now_ms)
            return Reply(204)
    raise Missing


def patch_principal(query: Query, deeds: Deeds) -> Reply:
    """PATCH /servicePrincipals/{id}: accountEnabled."""
    body = query.directory.principal(query.names[0])
    if body is None:
        raise Missing
    deeds.set_principal(body, _member(query, "accountEnabled"), query.now_ms)
    return Reply(204)


def delete_method(query: Query, deeds: Deeds) -> Reply:
    """DELETE /users/{id}/authentication/{type}Methods/{method}."""
    person = _person(query)
    for method in query.directory.methods[person.index]:
        kind = str(method["@odata.type"]).rpartition(".")[2].removesuffix("AuthenticationMethod")
        if method["id"] == query.names[2] and kind.lower() == query.names[1].lower():
            if kind == "password":
                raise Refused(400, "Request_BadRequest", "The password method cannot be deleted.")
            deeds.remove_method(person, method, query.now_ms)
            return Reply(204)
    raise Missing("ResourceNotFound")


def confirm_compromised(query: Query, deeds: Deeds) -> Reply:
    """POST /identityProtection/riskyUsers/confirmCompromised."""
    if "P2" not in query.licences:
        raise Refused(403, "Forbidden", "Your tenant is not licensed for this feature.")
    body = query.request.json()
    wanted = body.get("userIds") if isinstance(body, dict) else None
    if not isinstance(wanted, list):
        raise Refused(400, "BadRequest", "userIds is required.")
    people = [person for name in wanted if (person := query.directory.find(str(name))) is not None]
    if len(people) != len(wanted):
        raise Missing
    deeds.confirm_compromised(people, query.now_ms)
    return Reply(204)
