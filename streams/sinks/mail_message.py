"""An alert as a mail: plain text and HTML, threaded by incident, the same Message-ID when sent again. Layer: streams."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape

from streams.sinks.alert_sink import Alert
from streams.sinks.alert_view import AlertView, plain_text, view_of

SUBJECT_CHARACTERS_MAX = 180
_BODY_STYLE = "font-family:sans-serif;font-size:15px;line-height:1.45;max-width:46em"
_COLOURS = {"ACT": "#a40e26", "REVIEW": "#8a5a00"}


def mail_of(alert: Alert, sender: str, recipients: Sequence[str]) -> EmailMessage:
    """The mail about an alert. `sender` and `recipients` are plain ASCII addresses."""
    view = view_of(alert)
    domain = sender.rpartition("@")[2]
    mail = EmailMessage(policy=SMTP)
    mail["From"] = f"Watchpost <{sender}>"
    mail["To"] = ", ".join(recipients)
    mail["Subject"] = _subject(view)
    mail["Date"] = format_datetime(datetime.fromtimestamp(alert.wall_ms / 1000, UTC))
    mail["Message-ID"] = f"<{_token(alert.uid)}@{domain}>"
    thread = f"<incident-{_token(alert.incident)}@{domain}>"  # no mail has this id; mail programs still thread by it
    mail["In-Reply-To"] = thread
    mail["References"] = thread
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail["Watchpost-Message"] = _token(alert.uid)
    mail.set_content(plain_text(view), cte="quoted-printable")
    mail.add_alternative(_html(view), subtype="html", cte="quoted-printable")
    return mail


def _subject(view: AlertView) -> str:
    """One line. An encoded word (`=?utf-8?q?...?=`) in a name is broken up: `email` would decode it, line ends included."""
    return f"[Watchpost] {view.headline}".replace("=?", "= ?")[:SUBJECT_CHARACTERS_MAX]


def _token(uid: str) -> str:
    """The id itself where it is plain letters and digits, else its hash."""
    if len(uid) <= 64 and uid.isascii() and uid.replace("-", "").isalnum():
        return uid
    return hashlib.sha256(uid.encode("utf-8", "replace")).hexdigest()[:32]


def _html(view: AlertView) -> str:
    """Text with little dress: no links, images, scripts or styles from elsewhere."""
    colour = _COLOURS.get(view.label.partition(" ")[0], "#333333")
    parts = [
        f'<p style="font-size:18px;margin:0 0 .3em"><strong style="color:{colour}">{escape(view.label)}</strong> '
        f"<strong>{escape(view.who)}</strong>: {escape(view.what)}</p>",
        f"<p style='margin:0'><strong>How sure:</strong> {escape(view.sure)}</p>",
        f"<p style='margin:0 0 1em'><strong>Do now:</strong> {escape(view.todo)}</p>",
        _list("What happened", view.story),
        _list("Stages", [f"{seen.time} {seen.stage}: {seen.operation}" for seen in view.stages]),
        _list("Why", view.reasons),
        "<table>" + "".join(_row(name, value) for name, value in view.facts) + "</table>",
    ]
    body = "\n".join(parts)
    return f'<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head><body style="{_BODY_STYLE}">\n{body}\n</body></html>\n'


def _list(title: str, lines: Sequence[str]) -> str:
    if not lines:
        return ""
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<h3 style='margin:.8em 0 .2em'>{escape(title)}</h3><ul style='margin:0'>{items}</ul>"


def _row(name: str, value: str) -> str:
    return f"<tr><td style='padding-right:1em;vertical-align:top'>{escape(name)}</td><td>{escape(value)}</td></tr>"
