"""Mail against a real SMTP server: STARTTLS, TLS, sign-in, what is sent, and what each refusal means."""

from __future__ import annotations

import email
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

from schemas.contracts.incident import Activity, Resource
from streams.sinks.alert_sink import SinkFailure, SinkRefused, SinkRetry
from streams.sinks.mail import Mail, MailTarget, Security
from streams.sinks.mail_message import mail_of
from streams.sinks.secret import Secret
from tests.unit.sinks.alert_examples import ACCOUNT, SECRETS, alert, named
from tests.unit.sinks.conftest import HOSTILE
from tests.unit.sinks.receivers import Authority, StreamListener

SENDER, SOC, BOSS = "watchpost@contoso.example", "soc@contoso.example", "boss@contoso.example"


class Mailbox:
    """Keeps what arrives; answers as told."""

    def __init__(self, data: str = "250 OK", refused: dict[str, str] | None = None) -> None:
        self.envelopes: list[Envelope] = []
        self._data = data
        self._refused = refused or {}

    async def handle_RCPT(self, server: Any, session: Any, envelope: Envelope, address: str, options: list[str]) -> str:
        if address in self._refused:
            return self._refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        self.envelopes.append(envelope)
        return self._data

    @property
    def mails(self) -> list[EmailMessage]:
        found = [email.message_from_bytes(one.original_content or b"", policy=default) for one in self.envelopes]
        return [one for one in found if isinstance(one, EmailMessage)]


@contextmanager
def serving(mailbox: Mailbox, **options: Any) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def authenticator(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    good = isinstance(data, LoginPassword) and data.password == SECRETS["password"].encode()
    return AuthResult(success=good, handled=good)


def sink(authority: Authority, port: int, security: Security = Security.STARTTLS, **more: Any) -> Mail:
    fields: dict[str, Any] = {"ca_bundle": authority.bundle, "timeout_seconds": 5.0}
    return Mail("mail", MailTarget("127.0.0.1", SENDER, (SOC, BOSS), port, security, **(fields | more)))


def failure(mail: Mail) -> SinkFailure:
    with pytest.raises(SinkFailure) as caught:
        mail.send([alert()])
    assert "\n" not in caught.value.reason
    assert not any(secret in caught.value.reason for secret in SECRETS.values())
    return caught.value


def test_it_arrives_by_starttls_and_with_sign_in(authority: Authority) -> None:
    mailbox = Mailbox()
    context = authority.context()
    with serving(mailbox, tls_context=context, require_starttls=True, authenticator=authenticator) as port:
        sink(authority, port, user="watchpost", password=Secret(SECRETS["password"])).send([named(1), named(2)])
    assert [one["Message-ID"] for one in mailbox.mails] == ["<m1@contoso.example>", "<m2@contoso.example>"]
    assert mailbox.envelopes[0].rcpt_tos == [SOC, BOSS]


def test_it_arrives_by_tls_from_the_first_byte(authority: Authority) -> None:
    mailbox = Mailbox()
    with serving(mailbox, ssl_context=authority.context()) as port:
        sink(authority, port, Security.TLS).send([alert("Zoë & <b>")])
    [mail] = mailbox.mails
    plain = mail.get_body(("plain",))
    html = mail.get_body(("html",))
    assert plain is not None and html is not None
    assert "Do now: Zoë & <b>" in plain.get_content()
    assert "Zoë &amp; &lt;b&gt;" in html.get_content()


def test_a_wrong_password_is_said_without_it(authority: Authority) -> None:
    with serving(Mailbox(), tls_context=authority.context(), authenticator=authenticator) as port:
        error = failure(sink(authority, port, user="watchpost", password=Secret("wrong" + SECRETS["token"])))
    assert isinstance(error, SinkRefused)
    assert "535: check user and password" in error.reason


def test_a_server_without_starttls_gets_nothing(authority: Authority) -> None:
    mailbox = Mailbox()
    with serving(mailbox) as port:
        error = failure(sink(authority, port))
    assert isinstance(error, SinkRefused)
    assert "offers no STARTTLS" in error.reason
    assert not mailbox.envelopes


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_a_certificate_of_an_unknown_authority_gets_nothing(authority: Authority, security: Security) -> None:
    mailbox = Mailbox()
    options = {Security.STARTTLS: "tls_context", Security.TLS: "ssl_context"}
    with (
        StreamListener(authority.context())
        if security is Security.TLS
        else serving(mailbox, **{options[security]: authority.context()}) as server
    ):
        port = server.port if isinstance(server, StreamListener) else server
        error = failure(sink(authority, port, security, ca_bundle=None))
    assert isinstance(error, SinkRefused)
    assert "certificate is not accepted" in error.reason
    assert not mailbox.envelopes


@pytest.mark.parametrize(
    ("answer", "kind", "message"),
    [
        ("451 later", SinkRetry, None),
        ("421 busy", SinkRetry, None),
        ("554 no", SinkRefused, False),
        ("552 too big", SinkRefused, True),
    ],
)
def test_what_an_answer_means(authority: Authority, answer: str, kind: type[SinkFailure], message: bool | None) -> None:
    with serving(Mailbox(answer)) as port:
        error = failure(sink(authority, port, Security.NONE))
    assert type(error) is kind
    assert answer[:3] in error.reason
    assert getattr(error, "message", None) is message


def test_one_refused_recipient_does_not_keep_it_from_the_other(
    authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    mailbox = Mailbox(refused={BOSS: "550 unknown"})
    with serving(mailbox) as port:
        sink(authority, port, Security.NONE).send([alert()])
    assert mailbox.envelopes[0].rcpt_tos == [SOC]
    assert "1 of 2 recipients were refused (550)" in caplog.text


@pytest.mark.parametrize(("code", "kind"), [("550", SinkRefused), ("450", SinkRetry)])
def test_when_nobody_may_get_it_somebody_is_told(authority: Authority, code: str, kind: type[SinkFailure]) -> None:
    with serving(Mailbox(refused=dict.fromkeys((SOC, BOSS), f"{code} no"))) as port:
        error = failure(sink(authority, port, Security.NONE))
    assert type(error) is kind
    assert f"every recipient was refused ({code})" in error.reason


def test_a_server_that_says_nothing_is_given_up(authority: Authority) -> None:
    with StreamListener() as silent:
        error = failure(sink(authority, silent.port, timeout_seconds=0.3))
    assert isinstance(error, SinkRetry)
    assert "no answer within 0.3 s" in error.reason


def test_nobody_listening_is_tried_again(authority: Authority) -> None:
    with StreamListener() as gone:
        port = gone.port
    error = failure(sink(authority, port))
    assert isinstance(error, SinkRetry)
    assert "Connection refused" in error.reason


def test_a_repeat_has_the_same_id_and_an_incident_is_a_thread() -> None:
    first, again = (mail_of(named(1), SENDER, [SOC]) for _ in range(2))
    update = mail_of(named(2), SENDER, [SOC])
    other = mail_of(named(3, "other"), SENDER, [SOC])
    assert first["Message-ID"] == again["Message-ID"] != update["Message-ID"]
    assert first["References"] == update["References"] == "<incident-0a1b@contoso.example>"
    assert other["References"] != first["References"]


def test_the_subject_says_what_matters() -> None:
    found = alert(
        resources=(Resource("User", ACCOUNT, ACCOUNT),), title=f"{ACCOUNT}: Sent mail", activity=Activity.UPDATE
    )
    assert mail_of(found, SENDER, [SOC])["Subject"] == f"[Watchpost] ACT (update): {ACCOUNT}: Sent mail"


@pytest.mark.parametrize(
    "text", [*HOSTILE, "x\r\nBcc: all@evil.example", "=?utf-8?q?x=0D=0ABcc:_a=40evil.example?=", "é" * 5_000]
)
def test_hostile_text_makes_no_header_and_no_markup(text: str) -> None:
    sent = mail_of(alert(text, message_uid=text, uid=text), SENDER, [SOC]).as_bytes()
    mail = email.message_from_bytes(sent, policy=default)
    assert mail["Bcc"] is None
    assert mail["To"].addresses == (Address("", "soc", "contoso.example"),)
    assert len(mail.keys()) == len(set(mail.keys()))
    assert str(mail["Subject"]).isprintable()
    assert len(str(mail["Subject"])) <= 180
    assert all(len(line) <= 998 for line in sent.split(b"\r\n"))
    assert isinstance(mail, EmailMessage)
    html = mail.get_body(("html",))
    assert html is not None
    for tag in ("<script", "<img", "<b>bold", "</style", "href", "http"):
        assert tag not in html.get_content()


def test_it_is_known_how_many_arrived_before_one_failed(authority: Authority) -> None:
    mailbox = Mailbox()
    answers = iter(["250 OK", "250 OK", "554 no"])

    async def answer(server: Any, session: Any, envelope: Envelope) -> str:
        mailbox.envelopes.append(envelope)
        return next(answers)

    mailbox.handle_DATA = answer  # type: ignore[method-assign]
    with serving(mailbox) as port, pytest.raises(SinkRefused) as caught:
        sink(authority, port, Security.NONE).send([named(number) for number in range(5)])
    assert caught.value.sent == 2
    assert len(mailbox.envelopes) == 3
