"""httpx's clients over connections of the SDK's own.

A client of httpx merges its headers, parameters and cookies into each request, and reads the cookies of each answer. Here
there is nothing to merge and no cookie to keep, and both took more time than all else that the SDK adds to a call.
"""

from __future__ import annotations

import http.cookiejar
from typing import TYPE_CHECKING

import httpx

from clientkit.overriding import override
from clientkit.transport.bodies import CODING
from clientkit.transport.pools import AsyncPools, Pools
from clientkit.wire import Outgoing

if TYPE_CHECKING:
    from httpx._types import CookieTypes

# What httpx's clients send where a request does not say otherwise.
_DEFAULTS = {"Connection": "keep-alive", "User-Agent": f"python-httpx/{httpx.__version__}"}


class _NoCookies(httpx.Cookies):
    def __init__(self) -> None:
        super().__init__(http.cookiejar.CookieJar(http.cookiejar.DefaultCookiePolicy(allowed_domains=[])))

    @override
    def extract_cookies(self, response: httpx.Response) -> None:
        pass


_NONE = _NoCookies()


class _WithoutCookies:
    @property
    def cookies(self) -> httpx.Cookies:
        """None."""
        return _NONE

    @cookies.setter
    def cookies(self, cookies: CookieTypes) -> None:
        pass


class OwnClient(_WithoutCookies, httpx.Client):
    """A client that keeps no cookies."""

    def __init__(self, pools: Pools) -> None:
        super().__init__(transport=pools, trust_env=False)


class OwnAsyncClient(_WithoutCookies, httpx.AsyncClient):
    """`OwnClient` for an event loop."""

    def __init__(self, pools: AsyncPools) -> None:
        super().__init__(transport=pools, trust_env=False)


def own_request(outgoing: Outgoing, extensions: dict[str, object]) -> httpx.Request:
    """The request that httpx's own client would build."""
    given = {name.lower() for name in outgoing.headers}
    defaults = {name: value for name, value in _DEFAULTS.items() if name.lower() not in given}
    return bare_request(outgoing, extensions, defaults)


def bare_request(
    outgoing: Outgoing, extensions: dict[str, object], defaults: dict[str, str] | None = None
) -> httpx.Request:
    """The request with the headers that it brings, and none of a client's."""
    headers = {**(defaults or {}), **outgoing.headers, "Accept-Encoding": CODING}
    return httpx.Request(
        outgoing.method, outgoing.url, headers=headers, content=outgoing.content, extensions=extensions
    )
