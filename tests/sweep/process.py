# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A verb in a process of its own, which is killed at a moment: `python -m sweep.process VERB`.

The environment says the rest: `SWEEP_PLACE` is a `Place` in JSON, `SWEEP_KILL` the name of a point and a number, and with `SWEEP_POWER`
what is not synced by then is lost.
"""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from pathlib import Path

from sweep.local_calls import Unsynced, watched
from sweep.place import Place
from sweep.points import Killing, surrounded
from sweep.verbs import VERBS, make_quick


def main(verb: str) -> None:
    """Runs the verb, to its end if it does not come to that moment."""
    place = Place.from_json(os.environ["SWEEP_PLACE"])
    point, _space, number = os.environ["SWEEP_KILL"].rpartition(" ")
    make_quick(setattr)
    with ExitStack() as stack:
        killing = Killing(point, int(number))
        if "SWEEP_POWER" in os.environ:
            unsynced = Unsynced(Path(place.folder).parent / "unsynced")
            stack.enter_context(watched(Path(place.folder), unsynced))
            killing = Killing(point, int(number), unsynced.lose)
        stack.enter_context(surrounded(killing.around))
        VERBS[verb](place)


if __name__ == "__main__":
    main(sys.argv[1])
