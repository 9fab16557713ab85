"""What a call costs beside the same request through httpx alone: one at a time, and 32 at once from one event loop::

    python benchmarks/calls.py [rounds]

A server in a process of its own answers with a vendor on loopback. Both sides send the same headers and give back the
same vendor: the SDK's object here, parsed JSON there. Shown are medians of the ratios of CPU time, in turn.
"""

from __future__ import annotations

import asyncio
import gc
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable

import httpx

import rillet
from clientkit import Pacer, codec
from rillet.testing import vendor

CALLS, AT_ONCE = 96, 32
UNPACED = 1_000_000_000
HEADERS = {"authorization": "Bearer key", "accept": "application/json"}
BODY = codec.dumps(vendor("Cumulus Cloud", email="a@example.com"))

_SERVER = """
import asyncio, sys
body = sys.stdin.buffer.read()
head = b"HTTP/1.1 200 OK\\r\\ncontent-type: application/json\\r\\ncontent-length: %d\\r\\n\\r\\n" % len(body)

async def answer(reader, writer):
    try:
        while True:
            await reader.readuntil(b"\\r\\n\\r\\n")
            writer.write(head + body)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()

async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"""


def seconds(run: Callable[[], object]) -> float:
    """CPU time of this process."""
    gc.collect()
    began = time.process_time()
    run()
    return time.process_time() - began


async def async_seconds(call: Callable[[], Awaitable[object]]) -> float:
    """CPU time of this process for all calls, so many at once."""
    gc.collect()
    began = time.process_time()
    for _ in range(CALLS // AT_ONCE):
        await asyncio.gather(*(call() for _ in range(AT_ONCE)))
    return time.process_time() - began


def one_at_a_time(url: str, rounds: int) -> float:
    """The ratio for a blocking client."""
    with (
        rillet.Client("key", base_url=url, pacer=Pacer(UNPACED)) as client,
        httpx.Client(base_url=url, headers=HEADERS, timeout=30) as plain,
    ):

        def sdk() -> None:
            for _ in range(CALLS):
                client.vendors.get("v-1")

        def raw() -> None:
            for _ in range(CALLS):
                plain.get("/vendors/v-1").raise_for_status().json()

        sdk(), raw()
        return statistics.median(seconds(sdk) / seconds(raw) for _ in range(rounds))


async def many_at_once(url: str, rounds: int) -> float:
    """The ratio for an asynchronous client."""
    async with (
        rillet.AsyncClient("key", base_url=url, pacer=Pacer(UNPACED)) as client,
        httpx.AsyncClient(base_url=url, headers=HEADERS, timeout=30) as plain,
    ):

        async def sdk() -> object:
            return await client.vendors.get("v-1")

        async def raw() -> object:
            return (await plain.get("/vendors/v-1")).raise_for_status().json()

        await async_seconds(sdk), await async_seconds(raw)
        return statistics.median([await async_seconds(sdk) / await async_seconds(raw) for _ in range(rounds)])


def main(rounds: int) -> None:
    """Print the two ratios."""
    with subprocess.Popen([sys.executable, "-c", _SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(BODY)
        server.stdin.close()
        url = f"http://127.0.0.1:{int(server.stdout.readline())}"
        try:
            print(f"load {os.getloadavg()[0]:.1f}, CPython {sys.version.split()[0]}, {rounds} rounds")
            print("| a small answer | CPU time of httpx alone |\n|---|---|")
            print(f"| one at a time | {one_at_a_time(url, rounds):.2f} |")
            print(f"| {AT_ONCE} at once, async | {asyncio.run(many_at_once(url, rounds)):.2f} |")
        finally:
            server.terminate()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 21)
