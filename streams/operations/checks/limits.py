"""Time limits: nothing that `doctor` asks may keep it waiting. Layer: streams."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from streams.cloud.seam import Answer, Api, Cloud, Endpoints, NoToken, Refused, Unreachable

CALL_SECONDS = 20.0
GIVEN_UP_AFTER = 2  # calls in a row without an answer: the API is not asked again

LOGIN_SILENT = "login-unreachable"  # code of NoToken
_CHECK_NETWORK = "Check DNS, the proxy and the firewall."

T = TypeVar("T")


class TimeLimit(Exception):
    """It took longer than allowed. It may go on in a thread that does not hold up the end of the process."""


def limited(seconds: float, work: Callable[[], T]) -> T:
    """What `work` gives or raises, or `TimeLimit`."""
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run, name="doctor call", daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not results:
        raise TimeLimit(f"no answer within {seconds:g} s")
    return results[0]


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
