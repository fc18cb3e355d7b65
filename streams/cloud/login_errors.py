"""What the login service's error codes mean, and what to do. Layer: streams.

Codes: Microsoft Entra authentication and authorization error codes (AADSTS…), as far as they occur where an application
signs in for itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from streams.cloud.seam import NoToken
from streams.cloud.secret import Redactor

_CODE = re.compile(r"AADSTS(\d{4,8})")
_FEDERATION = "Compare issuer, subject and audience of the app registration's federated credential with the token file."
_CLOCK = "Set this machine's clock (NTP), and see that the token file is renewed."
_TENANT = "Compare the tenant id and the cloud with the Overview page of the Entra admin center."


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code says, what to do, and whether waiting does not help."""

    message: str
    remedy: str
    fatal: bool = True


LOGIN_ERRORS: Mapping[int, Meaning] = MappingProxyType(
    {
        7000215: Meaning(
            "The client secret is wrong.",
            "Give the secret's value (not its id) of a valid secret of this app registration.",
        ),
        7000222: Meaning("The client secret has expired.", "Make a new secret or certificate in the app registration."),
        700016: Meaning(
            "The application is not known in this tenant.",
            "Compare client id and tenant id, and let an administrator of the tenant consent to the application.",
        ),
        7000112: Meaning(
            "The application is disabled in this tenant.",
            "Enable it under Enterprise applications, or find out who disabled it.",
        ),
        700027: Meaning(
            "The login service does not accept the certificate's signature.",
            "Upload the certificate that belongs to the configured key to the app registration; see that it has not expired.",
        ),
        700021: Meaning(
            "The assertion was issued for another application.", "Compare the client id with the credential."
        ),
        70021: Meaning("No federated credential matches the token.", _FEDERATION),
        700211: Meaning("No federated credential matches the token's issuer.", _FEDERATION),
        700212: Meaning("No federated credential matches the token's audience.", _FEDERATION),
        700213: Meaning("No federated credential matches the token's subject.", _FEDERATION),
        700024: Meaning("The assertion is not valid at this time.", _CLOCK),
        50013: Meaning("The login service does not accept the assertion.", _CLOCK),
        90002: Meaning("The login service does not know the tenant.", _TENANT),
        900023: Meaning("The tenant id is not valid.", _TENANT),
        50059: Meaning("The request does not say which tenant it is for.", _TENANT),
        70011: Meaning(
            "The login service does not accept the requested resource.",
            "Compare the setting cloud with the tenant's cloud.",
        ),
        700022: Meaning("Several resources were requested at once.", "Report this as a defect of Watchpost."),
        500011: Meaning(
            "The API is not present in this tenant.",
            "Add the API's permissions to the app registration and let an administrator consent.",
        ),
        650052: Meaning(
            "The tenant has no subscription for the API, or it is not enabled.",
            "Check the tenant's licences, and let an administrator consent to the application.",
        ),
        53003: Meaning(
            "A Conditional Access policy blocks the application.",
            "Exclude this workload identity from the policy, or allow the address it signs in from.",
        ),
        90055: Meaning("The login service throttles this tenant.", "It is tried again later.", fatal=False),
        50196: Meaning("The login service sees a loop of sign-ins.", "It is tried again later.", fatal=False),
        90033: Meaning("The login service is not available for the moment.", "It is tried again later.", fatal=False),
        50001: Meaning(
            "The API is not known in this tenant.",
            "Compare the setting cloud with the tenant's cloud, and let an administrator consent to the API's permissions.",
        ),
    }
)


def refused(answer: Mapping[str, Any], redactor: Redactor) -> NoToken:
    """A login service's error answer as a `NoToken`. An unknown code is told with the service's first sentence."""
    described = answer.get("error_description")
    described = described if isinstance(described, str) else ""
    code = _code(answer, described)
    trace = redactor.clean(str(answer.get("trace_id") or ""), 40)
    where = f" (trace {trace})" if trace else ""
    meaning = LOGIN_ERRORS.get(code)
    if meaning is not None:
        return NoToken(f"AADSTS{code}", f"AADSTS{code}: {meaning.message}{where}", meaning.remedy, meaning.fatal)
    error = redactor.clean(str(answer.get("error") or "unknown error"), 60)
    name = f"AADSTS{code}" if code else error
    sentence = redactor.clean(_CODE.sub("", described.splitlines()[0] if described else "").lstrip(": "), 200)
    transient = error in ("temporarily_unavailable", "server_error", "timeout")
    text = f"The login service refuses: {name}{where}. {sentence}".rstrip()
    return NoToken(name, text, "It is tried again later." if transient else "Look the code up.", fatal=not transient)


def _code(answer: Mapping[str, Any], described: str) -> int:
    codes = answer.get("error_codes")
    if isinstance(codes, list):
        numbers = [code for code in codes if isinstance(code, int)]
        return next((code for code in numbers if code in LOGIN_ERRORS), numbers[0] if numbers else 0)
    found = _CODE.search(described)
    return int(found.group(1)) if found else 0
