"""Why a broker lets nobody in: one line, with what to check and without what must stay secret."""

from __future__ import annotations

from confluent_kafka import KafkaError

from streams.broker_refusals import BrokerRefusals

PROPERTIES = {
    "sasl.username": "$ConnectionString",
    "sasl.password": "Endpoint=sb://x/;SharedAccessKey=hunter2",
    "a": "",
}


def refused(code: int, text: str) -> str:
    held = BrokerRefusals(PROPERTIES)
    held.noted(KafkaError(code, text))
    return held.reason


def test_a_password_that_is_refused() -> None:
    text = "sasl_ssl://hub.test:9093/bootstrap: SASL authentication error: no (after 407ms in state AUTH_REQ)"
    assert refused(KafkaError._AUTHENTICATION, text) == (
        "hub.test:9093: SASL authentication error: no; check sasl.mechanism, sasl.username and sasl.password"
    )


def test_what_a_broker_repeats_of_a_secret_is_not_told() -> None:
    told = refused(KafkaError._AUTHENTICATION, f"unknown: {PROPERTIES['sasl.password']} for $ConnectionString")
    assert "hunter2" not in told and "*** for $ConnectionString" in told


def test_it_is_one_line_whatever_comes() -> None:
    told = refused(KafkaError._SSL, "ssl://h:1/1: a\r\nb\x1b[2J" + "x" * 1_000)
    assert told.startswith("h:1: a") and told.isprintable() and len(told) < 300
    assert told.endswith("; check security.protocol and ssl.ca.location")


def test_that_nobody_is_there_is_no_refusal_and_an_answer_ends_one() -> None:
    held = BrokerRefusals(PROPERTIES)
    held.noted(KafkaError(KafkaError._ALL_BROKERS_DOWN))
    assert held.reason == ""
    held.noted(KafkaError(KafkaError._SSL, "no"))
    held.noted(KafkaError(KafkaError._ALL_BROKERS_DOWN))
    assert held.reason == "no; check security.protocol and ssl.ca.location"
    held.forget()
    assert held.reason == ""
