"""Time limits: nothing that `doctor` asks may keep it waiting. Layer: streams."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Generic, TypeVar

from streams.cloud.seam import Answer, Api, Cloud, Endpoints, NoToken, Refused, Unreachable

CALL_SECONDS = 20.0
GIVEN_UP_AFTER = 2  # calls in a row without an answer: the API is not asked again

LOGIN_SILENT = "login-unreachable"  # code of NoToken
_CHECK_NETWORK = "Check DNS, the proxy and the firewall."

Item = TypeVar("Item")
T = TypeVar("T")


class TimeLimit(Exception):
    """It took longer than allowed. It may go on in a thread that does not hold up the end of the process."""


class Background(Generic[T]):
    """Work in a thread of its own that does not hold up the end of the process."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._results: list[T] = []
        self._errors: list[BaseException] = []
        self._thread = threading.Thread(target=self._run, name="doctor", daemon=True)
        self._thread.start()

    def result(self, seconds: float | None = None) -> T:
        """What the work gives or raises; `TimeLimit` when it takes longer."""
        self._thread.join(seconds)
        if self._errors:
            raise self._errors[0]
        if not self._results:
            raise TimeLimit(f"no answer within {seconds:g} s")
        return self._results[0]

    def _run(self) -> None:
        try:
            self._results.append(self._work())
        except BaseException as error:
            self._errors.append(error)


def limited(seconds: float, work: Callable[[], T]) -> T:
    """What `work` gives or raises, or `TimeLimit`."""
    return Background(work).result(seconds)


def side_by_side(work: Callable[[Item], T], items: Sequence[Item], at_once: int) -> Iterator[T]:
    """Results in the order of the items, at most so many worked on at once."""
    slots = threading.Semaphore(at_once)

    def one(item: Item) -> T:
        with slots:
            return work(item)

    for begun in [Background(partial(one, item)) for item in items]:
        yield begun.result()


class LimitedCloud:
    """A tenant's access (`streams.cloud.seam.Cloud`) with a time limit for each call.

    An API that did not answer twice in a row is not asked again, nor is a login service that cannot be reached. `heard` says
    whether any API has answered at all.
    """

    def __init__(self, cloud: Cloud, seconds: float = CALL_SECONDS) -> None:
        self.tenant = cloud.tenant
        self.endpoints: Endpoints = cloud.endpoints
        self.heard = False
        self._cloud = cloud
        self._seconds = seconds
        self._silent: dict[Api, list[str]] = {}
        self._no_login: NoToken | None = None

    def call(
        self,
        api: Api,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        cost: str = "",
    ) -> Answer:
        """Call; any `CloudError`."""
        silent = self._silent.setdefault(api, [])
        if len(silent) >= GIVEN_UP_AFTER:
            raise Unreachable(silent[-1])
        try:
            answer = self._with_login(
                lambda: self._cloud.call(api, method, url, params=params, headers=headers, body=body, cost=cost)
            )
        except TimeLimit as error:
            silent.append(str(error))
            raise Unreachable(str(error)) from None
        except Unreachable as error:
            silent.append(error.reason)
            raise
        except Refused:
            self._answered(silent)
            raise
        self._answered(silent)
        return answer

    def silent(self, api: Api) -> bool:
        """Whether the last call of an API had no answer."""
        return bool(self._silent.get(api))

    def now_ms(self) -> int:
        """The service's clock, UTC milliseconds."""
        return self._cloud.now_ms()

    def roles(self, api: Api) -> frozenset[str]:
        """The app roles in the token for an API; `NoToken`."""
        try:
            return self._with_login(lambda: self._cloud.roles(api))
        except TimeLimit as error:
            self._no_login = NoToken(LOGIN_SILENT, f"The login service gives {error}.", _CHECK_NETWORK, fatal=False)
            raise self._no_login from None

    def _with_login(self, work: Callable[[], T]) -> T:
        """Work that needs a token: not tried any more once the login service was out of reach. `TimeLimit`."""
        if self._no_login is not None:
            held = self._no_login
            raise NoToken(held.code, held.message, held.remedy, held.fatal)
        try:
            return limited(self._seconds, work)
        except NoToken as error:
            if error.code == LOGIN_SILENT:
                self._no_login = error
            raise

    def _answered(self, silent: list[str]) -> None:
        self.heard = True
        silent.clear()
