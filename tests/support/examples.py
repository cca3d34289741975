# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which examples Hypothesis tries: a tenth of them, and all with HYPOTHESIS_PROFILE=thorough, as in `make check`.

These are the same ones on each run, so that nobody's change fails by an example that another's would have failed by as well. Those of
HYPOTHESIS_PROFILE=random are other ones each time; a workflow runs them at night.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_QUICK, _FEWEST = 0.1, 5
_PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "quick")
THOROUGH = _PROFILE in ("thorough", "random")
"""Whether all are tried. Tests with Hypothesis belong to `make check` then."""


def examples(count: int) -> int:
    """How many of `count` are tried in this run."""
    return count if THOROUGH else min(count, max(round(count * _QUICK), _FEWEST))


def load_profile() -> None:
    """Lets tests that say no number have their share as well, and none fail since the machine is busy with other work.

    Raises InvalidArgument for an unknown HYPOTHESIS_PROFILE.
    """
    for name in ("quick", "thorough", "random"):
        settings.register_profile(
            name,
            max_examples=examples(100),
            derandomize=name != "random",
            suppress_health_check=[HealthCheck.too_slow],
            deadline=None,
        )
    settings.load_profile(_PROFILE)
