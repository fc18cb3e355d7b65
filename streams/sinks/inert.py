"""Text of a record on its way to a chat or a mail: nothing in it can be clicked or steers the reader. Layer: streams.

Chat and mail programs make links of what looks like an address, whatever the sender says. Addresses are therefore written
as analysts write them: `hxxps[:]//`, `evil[.]example`. Mail addresses stay: an account is named by one.
"""

from __future__ import annotations

import re

from schemas.text import printable

_SCHEME = re.compile(r"(?i)\bhttp(s?)://")
_ACTIVE_SCHEME = re.compile(r"(?i)\b(javascript|data|vbscript|mailto|tel|sip|callto|msteams|slack|file):(?=\S)")
# A mail address, left as it is; or a dot (of any script) that could be one of a host name.
_DOT = re.compile(r"([\w.+%'-]+@[\w-]+(?:\.[\w-]+)+)|(?<=[^\s.])[.\u3002\uff0e\uff61](?=[^\W\d_]{2})")


def inert(text: str, limit: int) -> str:
    """`text` on one line of at most `limit` characters, without controls and without anything that becomes a link."""
    shown = printable(text, limit)
    shown = _SCHEME.sub(r"hxxp\1[:]//", shown)
    shown = shown.replace("://", "[:]//")
    shown = _ACTIVE_SCHEME.sub(r"\1[:]", shown)
    return printable(_DOT.sub(lambda found: found[1] or "[.]", shown), limit)
