"""A stand-in of Rillet that sends a process a signal."""

from __future__ import annotations

import os
import signal
import subprocess

from typing_extensions import override

import rillet.testing
from clientkit import Answer
from clientkit.testing import Asked
from support.companies.exported import REFERENCE_TYPE


class Signalling(rillet.testing.StandIn):
    """Sends a process a signal when the third charge arrives, and answers all the same."""

    process: subprocess.Popen[str]

    def __init__(self, number: signal.Signals) -> None:
        super().__init__(reference_types={REFERENCE_TYPE})
        self._number = number

    @override
    def respond(self, asked: Asked) -> Answer:
        answer = super().respond(asked)
        if asked.path == "/charges" and asked.method == "POST" and len(self.charges) == 3:
            os.kill(self.process.pid, self._number)
        return answer
