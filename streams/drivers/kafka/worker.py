"""The process behind `watchpost detect`: start, stop on a signal, own deadline on stopping. Layer: streams."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import tempfile
import threading
from collections.abc import Callable
from functools import partial

from streams.clock import Clock
from streams.drivers.kafka.app import Detect, Engines, create_app, state_message
from streams.drivers.kafka.observing import WorkObserver
from streams.drivers.kafka.settings import KafkaSettings
from streams.drivers.kafka.topics import require_topics

log = logging.getLogger("watchpost.kafka")
EXIT_OK = 0
EXIT_FAILED = 1
FAILED_STOP_SECONDS = 2.0  # live objects are ahead of the store: try to leave the group, then end


def run_worker(
    settings: KafkaSettings,
    engines: Engines,
    started: Callable[[], None] | None = None,
    observer: WorkObserver | None = None,
    clock: Clock | None = None,
) -> int:
    """Work until SIGTERM or SIGINT; returns the exit status (1 after an error, which was logged in one line).

    Alerts are timed by `clock`: wall time, unless it is practice.

    TopicsError when the topics are missing or have another partition count. When stopping takes longer than
    `stop_seconds` the process ends itself: nothing is lost, a batch is either committed or comes again.
    """
    _quieten()
    require_topics(settings)
    with tempfile.TemporaryDirectory(prefix="watchpost-") as datadir:
        create = partial(create_app, settings, engines, datadir, observer, clock)
        return asyncio.run(_serve(settings, create, started))


async def _serve(settings: KafkaSettings, create: Callable[[], Detect], started: Callable[[], None] | None) -> int:
    detect = create()
    _stop_on_signals(detect)
    await detect.app.start()
    if started is not None:
        started()
    await _until_over(detect)
    failed = detect.halt.reason is not None
    watchdog = _watchdog(FAILED_STOP_SECONDS if failed else settings.stop_seconds, failed)
    await detect.app.stop()
    snapshot = partial(state_message, settings) if settings.states_on_stop and not failed else None
    for desk in detect.desks:
        await desk.close(snapshot)
    watchdog.cancel()
    return EXIT_FAILED if detect.halt.reason else EXIT_OK


async def _until_over(detect: Detect) -> None:
    """Return when a signal came, a worker failed, or Faust crashed."""
    app, halt = detect.app, detect.halt
    while not halt.event.is_set():
        try:
            await asyncio.wait_for(halt.event.wait(), 0.5)
        except TimeoutError:
            detect.observer.beat()
            if app.crashed or app.should_stop:
                halt.fail(f"Faust stopped: {app.crash_reason!r}")


def _stop_on_signals(detect: Detect) -> None:
    if threading.current_thread() is threading.main_thread():
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, detect.halt.event.set)


def _quieten() -> None:
    """Our own lines say what happened; Faust's tracebacks and aiokafka's retries do not go to standard error."""
    logging.getLogger("faust").setLevel(logging.CRITICAL)
    logging.getLogger("mode").setLevel(logging.CRITICAL)
    logging.getLogger("streams.drivers.kafka.transport").setLevel(logging.CRITICAL)  # Faust's logger for our subclass
    logging.getLogger("aiokafka").setLevel(logging.ERROR)


def _watchdog(seconds: float, failed: bool) -> threading.Timer:
    def end() -> None:
        if not failed:  # after a failure the short deadline is the ordinary end: its reason was told
            log.error("stopping took longer than %.0f s: the process ends itself", seconds)
        logging.shutdown()
        os._exit(EXIT_FAILED)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    return timer
