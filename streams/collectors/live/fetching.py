"""Contents fetched by a few threads, handed over in their order on the caller's thread. Layer: streams."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from schemas.contracts.collected import Content
from streams.cloud.seam import Answer, CloudError

THREADS = 4


class Fetched(NamedTuple):
    """A content with its answer, or with the reason why there is none. `last`: the next is not here yet, or there is none."""

    content: Content
    answer: Answer | CloudError
    last: bool = True


def fetched(fetch: Callable[[Content], Answer], contents: Iterable[Content]) -> Generator[Fetched, None, None]:
    """Fetch everything, at most `THREADS` at a time and as many ahead. Who stops iterating stops the fetching."""
    held = deque(contents)
    if len(held) <= 1:
        yield from (_one(fetch, content) for content in held)
        return
    with ThreadPoolExecutor(min(THREADS, len(held)), "fetch") as pool:
        ahead: deque[Future[Fetched]] = deque()
        try:
            while held or ahead:
                while held and len(ahead) < THREADS:
                    ahead.append(pool.submit(_one, fetch, held.popleft()))
                found = ahead.popleft().result()
                yield found._replace(last=not (ahead and ahead[0].done()))
        finally:
            for future in ahead:
                future.cancel()


def _one(fetch: Callable[[Content], Answer], content: Content) -> Fetched:
    try:
        return Fetched(content, fetch(content))
    except CloudError as error:
        return Fetched(content, error)
