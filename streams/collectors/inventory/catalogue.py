"""What an inventory looks at, in the order in which it does. Layer: streams."""

from __future__ import annotations

from typing import Final

from streams.collectors.inventory.administrators import Administrators
from streams.collectors.inventory.audit_bypass import AuditBypass
from streams.collectors.inventory.audit_config import AuditConfig
from streams.collectors.inventory.consents import Consents
from streams.collectors.inventory.credentials import Credentials
from streams.collectors.inventory.delegations import Delegations
from streams.collectors.inventory.inbox_rules import InboxRules
from streams.collectors.inventory.kind import Kind
from streams.collectors.inventory.mailboxes import Mailboxes
from streams.collectors.inventory.methods import Methods
from streams.collectors.inventory.transport_rules import TransportRules

# Mailboxes first: they find out whether Exchange answers. Methods before administrators. What takes long comes last.
KINDS: Final[tuple[Kind, ...]] = (
    Mailboxes(),
    AuditConfig(),
    AuditBypass(),
    TransportRules(),
    InboxRules(),
    Consents(),
    Credentials(),
    Methods(),
    Administrators(),
    Delegations(),
)
