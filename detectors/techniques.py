"""The ATT&CK techniques that detectors name, as ATT&CK v17 prints them. Layer: detectors."""

from __future__ import annotations

from schemas.contracts.incident import Technique

HIDING_RULE = Technique("T1564.008", "Hide Artifacts: Email Hiding Rules", "TA0005", "Defense Evasion")
FORWARDING_RULE = Technique("T1114.003", "Email Collection: Email Forwarding Rule", "TA0009", "Collection")
INTERNAL_PHISHING = Technique("T1534", "Internal Spearphishing", "TA0008", "Lateral Movement")
PHISHING = Technique("T1566", "Phishing", "TA0001", "Initial Access")
CLOUD_ACCOUNT = Technique("T1078.004", "Valid Accounts: Cloud Accounts", "TA0001", "Initial Access")
SESSION_COOKIE = Technique(
    "T1550.004", "Use Alternate Authentication Material: Web Session Cookie", "TA0008", "Lateral Movement"
)
PASSWORD_SPRAY = Technique("T1110.003", "Brute Force: Password Spraying", "TA0006", "Credential Access")
DISABLED_LOGS = Technique("T1562.008", "Impair Defenses: Disable or Modify Cloud Logs", "TA0005", "Defense Evasion")
