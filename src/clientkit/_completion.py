"""What editors that complete by jedi, such as Spyder, vim and those with python-lsp, read in place of the endpoints' types.

jedi knows no ParamSpec, but it follows code: what a call is answered with, and what it takes. So nothing here has types,
and nothing here runs.
"""

# mypy: ignore-errors
# pyright: basic

from __future__ import annotations

import functools


class _Followed:
    def __init__(self, build, answer):
        self._build, self._answer = build, answer

    def __get__(self, instance, owner):
        @functools.wraps(self._build)
        def call(*args, **kwargs):
            return self._answer(instance, self._build(instance, *args, **kwargs))

        return call


def operation(build):
    return _Followed(build, lambda resource, request: resource._client.execute(request))


def listing(build):
    return _Followed(build, lambda resource, request: resource._pager(resource._client, request))


def several(build):
    return _Followed(build, lambda resource, calls: resource._drive_calls(calls, resource._client))
