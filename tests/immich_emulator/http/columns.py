# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns the body of an update into columns of a row. Fields that the endpoint does not know are ignored, as Immich does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from immich_emulator.http.errors import ApiError, Invalid
from immich_emulator.http.json_body import MISSING
from immich_emulator.http.validation import Field, check, new_check, old_check
from immich_emulator.versions import Version


@dataclass(frozen=True)
class Column:
    """A field of the API and where it is kept. `store` is what the server makes of a value."""

    field: Field
    column: str
    nullable: bool = False
    store: Callable[[Any], Any] = lambda value: value


def text(
    name: str,
    column: str,
    *,
    nullable: bool = False,
    filled: bool = False,
    pattern: str = "",
    complaint: str = "",
    store: Callable[[Any], Any] = lambda value: value,
) -> Column:
    """A text. One that has to be `filled` may be empty all the same from 3.0 on."""
    rules = ("string", "not empty") if filled else ("string",)
    return Column(Field(name, "string", rules, required=False, pattern=pattern, complaint=complaint), column, nullable, store)


def boolean(name: str, column: str) -> Column:
    """A truth value."""
    return Column(Field(name, "boolean", ("boolean",), required=False), column)


def number(name: str, column: str, *, nullable: bool = False) -> Column:
    """A whole number."""
    return Column(Field(name, "number", ("integer",), required=False), column, nullable)


def among(name: str, column: str, values: Sequence[str]) -> Column:
    """One of several words."""
    return Column(Field(name, "enum", ("enum",), required=False, values=values), column)


def changes(version: Version, body: Any, columns: Sequence[Column], *, required: Sequence[str] = ()) -> dict[str, Any]:
    """What is to be stored, by column. Raises Invalid for a wrong value, and for null where the table does not allow it."""
    given: dict[str, Any] = body if isinstance(body, dict) else {}
    check(version, body, *(replace(one.field, required=True) for one in columns if one.field.name in required))
    found: dict[str, Any] = {}
    sentences: list[str] = []
    issues: list[dict[str, Any]] = []
    for one in columns:
        value = given.get(one.field.name, MISSING)
        if value is MISSING:
            continue
        if value is None and one.nullable:
            found[one.column] = None
            continue
        wanted = replace(one.field, required=True)
        sentences += old_check(wanted, value)
        issues += new_check(wanted, value)
        found[one.column] = one.store(value) if not (sentences or issues) else None
    if (issues and version.is_new) or (sentences and not version.is_new):
        raise Invalid(sentences, issues)
    return found


def require_any(found: dict[str, Any], what: str) -> dict[str, Any]:
    """Raises ApiError 500 for an update of nothing: the database refuses an empty SET."""
    if not found:
        raise ApiError(500, f"Failed to update {what}")
    return found
