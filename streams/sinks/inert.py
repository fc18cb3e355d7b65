"""Text of a record on its way to a chat or a mail: nothing in it can be clicked or steers the reader. Layer: streams.

Chat and mail programs make links of what looks like an address, whatever the sender says. Addresses are therefore written
as analysts write them: `hxxps[:]//`, `evil[.]example`. Mail addresses stay: an account is named by one.
"""

from __future__ import annotations

import re

from schemas.text import printable

_SCHEME = re.compile(r"(?i)\bhttp(s?)://")
_OTHER_SCHEME = re.compile(r"(?i)\b([a-z][a-z0-9+.-]{1,20})://")
_ACTIVE_SCHEME = re.compile(r"(?i)\b(javascript|data|vbscript|mailto|tel|sip|callto|msteams|slack|file):(?=\S)")
_HOST = re.compile(r"(?<![\w@.\-\]])((?:[\w-]{1,63}\.)+(?:[^\W\d_]{2,24}|xn--[\w-]{1,59}))(?![\w@-]|\.\w)")
_HOST_DOTS = str.maketrans({".": "[.]"})


def inert(text: str, limit: int) -> str:
    """`text` on one line of at most `limit` characters, without controls and without anything that becomes a link."""
    shown = printable(text, limit)
    if "." not in shown and ":" not in shown:
        return shown
    shown = _SCHEME.sub(r"hxxp\1[:]//", shown)
    shown = _OTHER_SCHEME.sub(r"\1[:]//", shown)
    shown = _ACTIVE_SCHEME.sub(r"\1[:]", shown)
    return printable(_HOST.sub(lambda found: found[1].translate(_HOST_DOTS), shown), limit)
