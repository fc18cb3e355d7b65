"""What an AADSTS error code says about the person at the keyboard. Layer: schemas.

Source: reference graph-signins, section 2, and office365-audit-record-schema, section 11 (names in `LogonError`). A code that
is in neither counts as an interrupt: nothing is a bad credential without evidence.
"""

from __future__ import annotations

from typing import Final

from schemas.records.event import Failure

LOCKED: Final = 50053

_CODES: Final[dict[Failure, tuple[int, ...]]] = {
    Failure.BAD: (50034, 50056, 50126),
    Failure.PASSWORD_KNOWN: (50055, 50072, 50074, 50076, 50078, 50079, 50125, 50135, 50144, 50158, 500121),
    Failure.BLOCKED: (
        *(50057, 50088, 50105, 50131, 50155, 500212, 500213, 53000, 53001, 53002, 53003, 53004, 53010, 53011),
        *(530032, 530034, 530035, 7000112, 90072, 900941),
    ),
    Failure.CONFIG: (
        *(50011, 50020, 50194, 50196, 65001, 65002, 65004, 650052, 650056, 650057, 70011, 700022, 700016),
        *(700027, 7000215, 7000222, 90002, 90094, 90095),
    ),
    Failure.INTERRUPT: (
        *(16000, 50058, 50059, 50085, 50089, 50097, 50127, 50129, 50132, 50133, 50140, 50168, 50173, 50199),
        *(54005, 70000, 70008, 700082, 700084, 70016, 70018, 70019, 70043, 70044, 81010, 81012),
        *(90025, 90055, 90121, 1000000),
    ),
}
FAILURES: Final[dict[int, Failure]] = {code: failure for failure, codes in _CODES.items() for code in codes}

LOGON_ERRORS: Final[dict[str, int]] = {
    "invalidusernameorpassword": 50126,
    "idslocked": LOCKED,
    "invalidpasswordexpiredpassword": 50055,
    "userinformationnotprovided": 50058,
    "userstrongauthenrollmentrequiredinterrupt": 50072,
    "userstrongauthclientauthnrequiredinterrupt": 50074,
    "userstrongauthclientauthnrequired": 50076,
    "userstrongauthenrollmentrequired": 50079,
    "flowtokenexpired": 50089,
    "ssoartifactinvalidorexpired": 50132,
    "ssoartifactrevoked": 50133,
    "invalidreplyto": 50011,
    "delegationdoesnotexist": 65001,
    "adminconsentrequiredduetoriskyapp": 900941,
    "usernotbounderror": 1000000,
    "useraccountnotfound": 50034,
}


def failure_of(code: int, reason: str = "") -> Failure:
    """Meaning of a nonzero code. 50053 has two causes: locked out by wrong passwords, or a malicious address refused.

    `reason` is the record's failureReason, English as the service writes it.
    """
    if code == LOCKED:
        return Failure.BLOCKED if "malicious" in reason.lower() else Failure.BAD
    return FAILURES.get(code, Failure.INTERRUPT)
