# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks a request's fields and words what is wrong as each version does.

Immich ≤2.7 answers class-validator's sentences, ≥3.0 zod's issues. A `Field` knows both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from immich_emulator.http.errors import Invalid
from immich_emulator.http.json_body import MISSING
from immich_emulator.versions import Version

UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-4[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}")
HTML5_EMAIL = r"[\w.!#$%&'*+/=?^`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
UUID_PATTERN = "/^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-4[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12})$/"

Issue = dict[str, Any]


@dataclass(frozen=True)
class Field:
    """One field. `rules` are ≤2.7's, in the order of its sentences; `kind` is ≥3.0's type."""

    name: str
    kind: str
    rules: Sequence[str]
    required: bool = True
    values: Sequence[str] = ()
    minimum: int = 0
    maximum: int | None = None
    pattern: str = ""
    complaint: str = ""  # what ≤2.7 says of a text that does not match the pattern


def is_uuid(value: Any) -> bool:
    """A UUID of version 4, as Immich wants its ids."""
    return isinstance(value, str) and UUID.fullmatch(value) is not None


#: rule → (what is right, what is said of a value that is not).
RULES: dict[str, tuple[Callable[[Any, Field], bool], str]] = {
    "string": (lambda v, f: isinstance(v, str), "{name} must be a string"),
    "not empty": (lambda v, f: v not in (MISSING, None, ""), "{name} should not be empty"),
    "boolean": (lambda v, f: isinstance(v, bool), "{name} must be a boolean value"),
    "integer": (lambda v, f: isinstance(v, int) and not isinstance(v, bool), "{name} must be an integer number"),
    "uuid": (lambda v, f: is_uuid(v), "{name} must be a UUID"),
    "enum": (lambda v, f: v in f.values, "{name} must be one of the following values: {values}"),
    "array": (lambda v, f: isinstance(v, list), "{name} must be an array"),
    "each uuid": (lambda v, f: isinstance(v, list) and all(map(is_uuid, v)), "each value in {name} must be a UUID"),
    "each enum": (
        lambda v, f: isinstance(v, list) and all(e in f.values for e in v),
        "each value in {name} must be one of the following values: {values}",
    ),
    "each string": (
        lambda v, f: isinstance(v, list) and all(isinstance(e, str) for e in v),
        "each value in {name} must be a string",
    ),
    "each not empty": (lambda v, f: isinstance(v, list) and "" not in v, "each value in {name} should not be empty"),
    "minimum": (
        lambda v, f: isinstance(v, list) and len(v) >= f.minimum,
        "{name} must contain at least {minimum} elements",
    ),
    "maximum": (
        lambda v, f: f.maximum is None or (isinstance(v, int) and v <= f.maximum),
        "{name} must not be greater than {maximum}",
    ),
    "email": (lambda v, f: isinstance(v, str) and "@" in v, "{name} must be an email"),
    "date": (lambda v, f: v is not MISSING, "{name} must be a Date instance"),
}


def check(version: Version, body: Any, *fields: Field) -> dict[str, Any]:
    """`body` as an object whose fields are right. Raises Invalid with all that is wrong, in the version's words."""
    given: dict[str, Any] = body if isinstance(body, dict) else {}
    if not version.is_new:
        sentences = [sentence for field in fields for sentence in old_check(field, given.get(field.name, MISSING))]
        if sentences:
            raise Invalid(sentences, [])
    elif not isinstance(body, dict):
        raise Invalid([], [wrong_type("object", [], body)])
    else:
        issues = [issue for field in fields for issue in new_check(field, given.get(field.name, MISSING))]
        if issues:
            raise Invalid([], issues)
    return given


def check_id(version: Version, name: str, value: str) -> None:
    """Raises Invalid unless the path's parameter is a UUID."""
    if not is_uuid(value):
        raise Invalid([f"{name} must be a UUID"], [bad_format("uuid", UUID_PATTERN, [name], "Invalid UUID")])


def old_check(field: Field, value: Any, name: str | None = None) -> list[str]:
    """The sentences of ≤2.7 on one field."""
    if not field.required and value in (MISSING, None):
        return []
    if field.pattern and isinstance(value, str) and value and not re.search(field.pattern, value):
        return [field.complaint]
    words = {
        "name": name or field.name,
        "values": ", ".join(field.values),
        "minimum": field.minimum,
        "maximum": field.maximum,
    }
    return [RULES[rule][1].format(**words) for rule in field.rules if not RULES[rule][0](value, field)]


def new_check(field: Field, value: Any, path: list[str | int] | None = None) -> list[Issue]:
    """The issues of ≥3.0 on one field."""
    if value is MISSING and not field.required:
        return []
    return new_type(field, field.kind, value, path or [field.name])


def new_type(field: Field, kind: str, value: Any, path: list[str | int]) -> list[Issue]:
    """The issues of a value that should be of `kind`; `uuid[]` is a list of `uuid`."""
    if kind.endswith("[]"):
        if not isinstance(value, list):
            return [wrong_type("array", path, value)]
        if len(value) < field.minimum:
            return [too_small(field.minimum, path)]
        return [issue for i, entry in enumerate(value) for issue in new_type(field, kind[:-2], entry, [*path, i])]
    if kind == "enum":
        return [] if value in field.values else [not_among(field.values, path)]
    if kind in ("uuid", "email") and isinstance(value, str):
        if kind == "email":
            is_email = re.fullmatch(HTML5_EMAIL, value, re.ASCII)
            return [] if is_email else [bad_format("email", None, path, "Invalid input: expected email, received string")]
        return [] if is_uuid(value) else [bad_format("uuid", UUID_PATTERN, path, "Invalid UUID")]
    javascript = {"uuid": "string"}.get(kind, kind)
    if js_type(value) != {"email": "string"}.get(javascript, javascript):
        return [wrong_type(javascript, path, value)]
    if field.pattern and not re.search(field.pattern, value):
        shown = f"/{field.pattern}/"
        return [bad_format("regex", shown, path, f"Invalid string: must match pattern {shown}")]
    if field.maximum is not None and value > field.maximum:
        return [too_big(field.maximum, path)]
    return []


def wrong_type(expected: str, path: Sequence[str | int], value: Any) -> Issue:
    """zod's issue for a value of another type."""
    message = f"Invalid input: expected {expected}, received {js_type(value)}"
    kind = "string" if expected in ("email", "uuid") else expected
    return {"expected": kind, "code": "invalid_type", "path": list(path), "message": message}


def not_among(values: Sequence[str], path: Sequence[str | int]) -> Issue:
    """zod's issue for a value that is none of `values`."""
    options = "|".join(f'"{value}"' for value in values)
    message = f"Invalid option: expected one of {options}"
    return {"code": "invalid_value", "values": list(values), "path": list(path), "message": message}


def bad_format(name: str, pattern: str | None, path: Sequence[str | int], message: str) -> Issue:
    """zod's issue for a string of the wrong form."""
    issue: Issue = {"origin": "string", "code": "invalid_format", "format": name}
    return {**issue, **({"pattern": pattern} if pattern else {}), "path": list(path), "message": message}


def too_small(minimum: int, path: Sequence[str | int]) -> Issue:
    """zod's issue for a list with too few entries."""
    message = f"Too small: expected array to have >={minimum} items"
    issue: Issue = {"origin": "array", "code": "too_small", "minimum": minimum, "inclusive": True}
    return {**issue, "path": list(path), "message": message}


def too_big(maximum: int, path: Sequence[str | int]) -> Issue:
    """zod's issue for a number that is too large."""
    message = f"Too big: expected number to be <={maximum}"
    issue: Issue = {"origin": "number", "code": "too_big", "maximum": maximum, "inclusive": True}
    return {**issue, "path": list(path), "message": message}


def js_type(value: Any) -> str:
    """What JavaScript calls the type of a JSON value."""
    if value is MISSING:
        return "undefined"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"
