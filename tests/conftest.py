"""How every law is searched for counterexamples, and what of the environment no test sees."""

from __future__ import annotations

import os

import hypothesis

# What commands print depends on no terminal, so neither on the one that the tests are started from.
for _name in ("COLUMNS", "FORCE_COLOR", "TTY_COMPATIBLE"):
    os.environ.pop(_name, None)

# A machine that is busy with something else is no counterexample.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")
