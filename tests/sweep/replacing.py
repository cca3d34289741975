# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replacing attributes for a while, without pytest: processes of verbs do it too, and do not load that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

Replacement = tuple[Any, str, Any]
"""An object, the name of its attribute, and the value that takes its place."""


@contextmanager
def replaced(replacements: Iterable[Replacement]) -> Iterator[None]:
    """Sets the attributes, and puts back in the end what they were."""
    before: list[Replacement] = []
    try:
        for owner, name, value in replacements:
            before.append((owner, name, vars(owner)[name]))
            setattr(owner, name, value)
        yield
    finally:
        for owner, name, value in reversed(before):
            setattr(owner, name, value)
