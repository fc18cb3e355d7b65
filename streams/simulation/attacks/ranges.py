"""Ranges from which attack parameters are drawn, fixed in advance and apart from any detector. Layer: streams."""

from __future__ import annotations

# --- when -----------------------------------------------------------------------------------------------------------
NIGHT_SHARE = 0.35  # share of attacks outside the victim's working hours
EARLY_DAYS = (0, 2)  # S2 and S22: first and last day on which the attack may begin

# --- where the attacker sits ----------------------------------------------------------------------------------------
PHISHING_COUNTRIES = ("US", "NL", "DE", "RU", "SG", "FR", "GB", "RO", "FI", "PL", "CA")
SECOND_COUNTRIES = ("NG", "RU", "US", "GB", "ZA", "VN", "AE", "TR", "NL", "CN", "MA", "UA", "BR", "ID", "IN")
SAME_COUNTRY_SHARE = 0.2  # hosting in the victim's own country
SECOND_NETWORK_TRADES = (("hosting", 0.55), ("home", 0.3), ("mobile", 0.15))
ADDRESS_CHANGES = 0.15  # share of attackers whose address changes within the second network

# --- user agents ----------------------------------------------------------------------------------------------------
RELAYED_AGENT_SHARE = 0.55  # the proxy passes the victim's own user agent on
TOOL_AGENTS = ("axios/1.7.9", "node-fetch/1.0", "python-requests/2.32.3", "undici", "Go-http-client/2.0")
TOOL_AGENT_SHARE = 0.15
BROWSER_VERSIONS = (109, 136)

# --- rules ----------------------------------------------------------------------------------------------------------
RULE_NAME_STYLES = (("letters", 0.3), ("digits", 0.15), ("punctuation", 0.25), ("blank", 0.1), ("single", 0.2))
RULE_NAME_LENGTH = (5, 14)
RULE_DELETE_SHARE = 0.7  # otherwise moved away
HIDING_FOLDERS = ("RSS Feeds", "RSS Subscriptions", "Archive", "Conversation History", "Junk Email")
RULE_FORMS = (("New-InboxRule", 0.65), ("Set-InboxRule", 0.1), ("UpdateInboxRules", 0.25))
RULE_AFTER_MINUTES = (2.0, 300.0)
FINANCE_WORDS = ("invoice", "payment", "wire", "IBAN", "bank", "remittance", "ACH", "swift", "overdue", "payroll")
FINANCE_WORD_COUNT = (1, 5)

# --- S1, S2: the burst ----------------------------------------------------------------------------------------------
BURST_RECIPIENTS = (9_050, 9_900)
BURST_MINUTES = (28.0, 57.0)
BURST_AFTER_RULE_MINUTES = (3.0, 600.0)
BURST_SINGLE_SHARE = 0.3  # one mail per recipient instead of large batches
BURST_BATCH = (150, 500)
BURST_CLIENTS = (("owa", 0.6), ("graph", 0.25), ("ews", 0.15))
BURST_SUBJECTS = (
    "Payment advice", "Overdue invoice", "Remittance details", "Updated payment instructions", "Order and invoice",
    "Payment confirmation {n}", "Invoice {n} attached", "Wire transfer receipt", "Statement of account",
)  # fmt: skip
DELETE_SENT_SHARE = 0.4
READS_BEFORE = (0, 25)

# --- S7: replay of a token inside a live session --------------------------------------------------------------------
REPLAY_DELAY_MINUTES = (2.0, 55.0)
REPLAY_NEW_AGENT_SHARE = 0.6
REPLAY_REFRESH_SHARE = 0.6  # the replay also leaves a non-interactive sign-in
REPLAY_READS = (5, 60)
REPLAY_SENDS = (0, 12)
REPLAY_MINUTES = (5.0, 120.0)

# --- S14: password spray --------------------------------------------------------------------------------------------
SPRAY_TARGET_SHARE = (0.35, 1.0)
SPRAY_TARGET_LIMIT = 400
SPRAY_ATTEMPTS = (1, 3)
SPRAY_FAST_MINUTES = (5.0, 60.0)
SPRAY_SLOW_HOURS = (4.0, 16.0)
SPRAY_SLOW_SHARE = 0.4
SPRAY_ADDRESSES = (1, 6)
SPRAY_SUCCESSES = (1, 2)
SPRAY_OFFICE_SHARE = 0.3
SPRAY_READS = (3, 40)
SPRAY_AGENTS = ("BAV2ROPC", "CBAInPROD", "python-requests/2.32.3",
                ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
                 "Chrome/120.0.0.0 Safari/537.36"))  # fmt: skip

# --- S22: somebody is there already ---------------------------------------------------------------------------------
REPLIES = (2, 12)
REPLY_GAP_MINUTES = (2.0, 180.0)
QUIET_READS = (5, 50)

# --- S23: the audit is taken away -----------------------------------------------------------------------------------
AUDIT_SIGN_IN_SHARE = 0.6  # otherwise the session was stolen before the data begins
AUDIT_AFTER_MINUTES = (1.0, 90.0)
AUDIT_FORMS = (
    ("UnifiedAuditLogIngestionEnabled", 0.4), ("AdminAuditLogEnabled", 0.1), ("AuditDisabled", 0.15),
    ("AuditEnabled", 0.2), ("AuditBypassEnabled", 0.15),
)  # fmt: skip
AUDIT_MAILBOXES = (1, 6)
