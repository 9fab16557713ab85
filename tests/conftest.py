"""How every law is searched for counterexamples."""

from __future__ import annotations

import hypothesis

# A machine that is busy with something else is no counterexample.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")
