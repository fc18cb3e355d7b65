"""The admin API behind the Exchange cmdlets: `POST /adminapi/beta/{tenant}/InvokeCommand`. Layer: streams."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from streams.simulation.service import exchange_mailboxes, exchange_rights, exchange_rules, exchange_traces
from streams.simulation.service.access import Access
from streams.simulation.service.exchange_call import Call, Command, CommandFailed
from streams.simulation.service.options import Resource
from streams.simulation.service.tenant import PracticeTenant
from streams.simulation.service.web import Reply, Request, json_reply

_PATH = re.compile(r"/adminapi/(?:beta|v2\.0)/(?P<tenant>[^/]+)/InvokeCommand", re.IGNORECASE)
COMMANDS: dict[str, Command] = {
    **exchange_rules.COMMANDS,
    **exchange_mailboxes.COMMANDS,
    **exchange_rights.COMMANDS,
    **exchange_traces.COMMANDS,
}


@dataclass(slots=True)
class ExchangeApi:
    """Runs the cmdlets that the inventory and the responder need."""

    tenants: Mapping[str, PracticeTenant]
    access: Access

    def answer(self, request: Request, tenant: PracticeTenant, now_ms: int) -> Reply:
        """One call."""
        claims = self.access.claims(request, Resource.EXCHANGE)
        if claims is None or claims["tid"] != tenant.id:
            return Reply(401)
        if "Exchange.ManageAsApp" not in claims["roles"]:
            return Reply(403, b"\0" * 16, {"Content-Type": "application/octet-stream"})
        body = request.json()
        asked = body.get("CmdletInput") if isinstance(body, dict) else None
        if request.method != "POST" or not isinstance(asked, dict) or not isinstance(asked.get("Parameters"), dict):
            return _failed(400, "Microsoft.Exchange.Admin.BadRequest", "The request body is no valid CmdletInput.")
        handler = COMMANDS.get(str(asked.get("CmdletName")))
        if handler is None:
            name = str(asked.get("CmdletName"))[:60]
            return _failed(400, "System.Management.Automation.CommandNotFoundException",
                           f"The term '{name}' is not recognized as the name of a cmdlet.")  # fmt: skip
        call = Call(tenant, asked["Parameters"], now_ms)
        try:
            rows, warning = handler(call)
        except CommandFailed as error:
            status = 404 if "NotFound" in error.kind else 400
            return _failed(status, error.kind, error.text)
        return json_reply(200, {
            "@odata.context": f"adminapi/beta/{tenant.id}/$metadata#Collection(Exchange.GenericHashTable)",
            "@adminapi.warnings": [warning] if warning else [],
            "value": rows,
        })  # fmt: skip


def tenant_in(path: str) -> str:
    """The tenant id in the path of a call; empty for another path."""
    found = _PATH.fullmatch(path)
    return found["tenant"].lower() if found else ""


def _failed(status: int, kind: str, text: str) -> Reply:
    return json_reply(status, {"error": {
        "code": "BadRequest" if status == 400 else "NotFound",
        "message": "Invalid Operation",
        "details": [{"code": "Context", "target": "", "message": f"|{kind}|{text}"}],
        "innererror": {"message": text, "type": kind, "internalexception": {"message": text, "type": kind}},
    }})  # fmt: skip
