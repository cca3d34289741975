# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of a photo, for tests: written in one line, and its time read in one word."""

from __future__ import annotations

from typing import Any

from ansible_collections.photoyard.immich.plugins.module_utils._metadata.model import MINUTE
from support.collection import Facts, Metadata, Taken


def metadata(*, taken: float | None = None, minutes: bool = False, **said: Any) -> Metadata:
    """`taken` in seconds since 1970; with `minutes` it is known to the minute only."""
    return Metadata(Taken.at(taken, to_the_minute=minutes), **said)


def facts_saying(*, taken: float | None = None, minutes: bool = False, **said: Any) -> Facts:
    """The fields of `Facts` and of `Metadata`, side by side."""
    found = {name: said.pop(name) for name in list(said) if name in Facts._fields}
    return Facts(**found, metadata=metadata(taken=taken, minutes=minutes, **said))


def seconds_of(facts: Facts) -> float | None:
    """The time at which a picture was taken, in seconds since 1970; None where unknown."""
    taken = facts.metadata.taken
    return None if taken is None else taken.seconds


def is_to_the_minute(facts: Facts) -> bool:
    """Whether that is known to the minute only."""
    return facts.metadata.taken is not None and facts.metadata.taken.basis == MINUTE
