"""Record types of the audit log by their names, as Log Analytics and exports write them. Layer: schemas.

Source: reference office365-audit-record-schema, section 2.1. A type without a name here stays unnamed.
"""

from __future__ import annotations

from typing import Final

from schemas.records.values import integer

_NAMES: Final = {
    "exchangeadmin": 1,
    "exchangeitem": 2,
    "exchangeitemgroup": 3,
    "sharepoint": 4,
    "sharepointfileoperation": 6,
    "onedrive": 7,
    "azureactivedirectory": 8,
    "azureactivedirectoryaccountlogon": 9,
    "compliancedlpsharepoint": 11,
    "compliancedlpexchange": 13,
    "sharepointsharingoperation": 14,
    "azureactivedirectorystslogon": 15,
    "securitycompliancecentereopcmdlet": 18,
    "exchangeaggregatedoperation": 19,
    "discovery": 24,
    "microsoftteams": 25,
    "threatintelligence": 28,
    "mailsubmission": 29,
    "sharepointlistoperation": 36,
    "securitycompliancealerts": 40,
    "threatintelligenceurl": 41,
    "threatintelligenceatpcontent": 47,
    "exchangeitemaggregated": 50,
    "quarantine": 65,
    "exchangesearch": 101,
    "owaauth": 275,
    "aadriskdetection": 294,
}


def record_type(value: object) -> int | None:
    """The number of a record type, also written as text or by its name; None for what is neither.

    >>> record_type(15), record_type("15"), record_type("AzureActiveDirectoryStsLogon"), record_type("new")
    (15, 15, 15, None)
    """
    if type(value) is int and -(2**53) < value < 2**53:
        return value
    if type(value) is str and len(value) < 64 and value[:1].isalpha():
        return _NAMES.get(value.lower())
    return integer(value)
