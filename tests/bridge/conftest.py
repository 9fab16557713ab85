"""How the laws of the bridge are searched for counterexamples."""

from __future__ import annotations

import os

import hypothesis

# A machine that is busy with something else is no counterexample.
hypothesis.settings.register_profile(
    "unhurried", deadline=None, max_examples=int(os.environ.get("LAW_EXAMPLES", "200"))
)
hypothesis.settings.load_profile("unhurried")
