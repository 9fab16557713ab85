"""Carrying one attempt over the wire. Nothing else knows httpx.

An attempt with connections of its own takes no longer than its time, whatever the other side does: a name that does not
resolve, a proxy, a handshake, a head or a body that drips, interim answers without end. The answer is unpacked up to its
bound, from one packing alone. No cookies are kept, and a connection is used again only if nothing is left on it.
"""

from __future__ import annotations

from clientkit.transport.http import AsyncHttpTransport, HttpTransport
from clientkit.transport.protocol import AsyncInProcess, AsyncTransport, InProcess, Transport

__all__ = [
    "AsyncHttpTransport",
    "AsyncInProcess",
    "AsyncTransport",
    "HttpTransport",
    "InProcess",
    "Transport",
]
