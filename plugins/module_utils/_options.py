# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A module's options as a frozen dataclass, from which its argument spec is derived and which its parameters are read into; dates in them.

An option stands in two places, in the module's DOCUMENTATION and as a field. `ansible-test sanity` holds one against the other.
"""

from __future__ import annotations

import datetime
from dataclasses import MISSING, field, fields
from typing import Any, Callable, Dict, Mapping, Optional, Sequence, Type, TypeVar

from . import _text, _times
from ._client import errors

T = TypeVar("T")
Convert = Callable[[Any], Any]

_TYPES = {"bool": "bool", "int": "int", "float": "float", "str": "str"}
_DAY = len("2024-07-31")
_LISTS = ("List[str]", "Sequence[str]", "Tuple[str, ...]")


def option(
    default: Any = MISSING,
    *,
    name: str = "",
    type: str = "",  # as in an argument spec
    choices: Sequence[Any] = (),
    options: Optional[Mapping[str, Any]] = None,
    spec_default: Any = None,
    convert: Optional[Convert] = None,
    required: Optional[bool] = None,
    mutually_exclusive: Sequence[Sequence[str]] = (),
) -> Any:
    """A field that differs from its option, or whose annotation does not say all of it.

    `name` is the option's, if it is another than the field's, `type` its Ansible type, `spec_default` its default where the field's own is
    not what a user would write, and `convert` makes the field's value of the parameter. `options` are those of a dictionary, and those of a
    group in `mutually_exclusive` exclude each other. One that is
    `required` may have a default all the same, which a dataclass demands of the fields that follow those of its base. One without a
    default is not if that is said: who reads the parameters gives a value then.
    """
    metadata = {
        "name": name,
        "type": type,
        "choices": choices,
        "options": options,
        "spec_default": spec_default,
        "convert": convert,
        "required": required,
        "mutually_exclusive": mutually_exclusive,
    }
    given: Dict[str, Any] = {"default_factory": default.copy} if isinstance(default, (list, dict)) else {"default": default}
    return field(metadata=metadata, **given)  # pylint: disable=invalid-field-call  # for a dataclass, which calls this in its body


def group(options_class: type, *, only_with: str = "") -> Any:
    """A field with further options, which are the fields of that class; None where the option `only_with`, if that is set, is not given."""
    given: Dict[str, Any] = {"default": None} if only_with else {"default_factory": options_class}
    metadata = {"group": options_class, "only_with": only_with}
    return field(metadata=metadata, **given)  # pylint: disable=invalid-field-call  # as above


def internal(default: Any) -> Any:
    """A field that is not an option."""
    return field(default=default, metadata={"internal": True})  # pylint: disable=invalid-field-call  # as above


def argument_spec(options_class: type) -> Dict[str, Dict[str, Any]]:
    """The class's options as AnsibleModule takes them."""
    spec: Dict[str, Dict[str, Any]] = {}
    for attribute in fields(options_class):
        if "group" in attribute.metadata:
            spec.update(argument_spec(attribute.metadata["group"]))
        elif "internal" not in attribute.metadata:
            spec[attribute.metadata.get("name") or attribute.name] = _spec_of(attribute)
    return spec


def from_params(options_class: Type[T], params: Mapping[str, Any], **converters: Convert) -> T:
    """The options from a module's parameters, with `converters` by the names of fields, besides those of the class."""
    given = [attribute for attribute in fields(options_class) if "internal" not in attribute.metadata]  # type: ignore[arg-type]  # any dataclass
    return options_class(**{attribute.name: _value_of(attribute, params, converters) for attribute in given})


def _value_of(attribute: Any, params: Mapping[str, Any], converters: Mapping[str, Convert]) -> Any:
    metadata = attribute.metadata
    if "group" in metadata:
        if metadata["only_with"] and params[metadata["only_with"]] is None:
            return None
        return from_params(metadata["group"], params, **converters)
    value = params[metadata.get("name") or attribute.name]
    convert = converters.get(attribute.name) or metadata.get("convert") or (tuple if attribute.type.startswith("Tuple[") else None)
    return convert(value) if convert else value


def _spec_of(attribute: Any) -> Dict[str, Any]:
    metadata = attribute.metadata
    annotation = attribute.type[len("Optional[") : -1] if attribute.type.startswith("Optional[") else attribute.type
    is_list = annotation in _LISTS
    spec: Dict[str, Any] = {"type": "list" if is_list else metadata.get("type") or _TYPES.get(annotation, "")}
    if not spec["type"]:
        raise TypeError("%s is a %s, so its option needs a type." % (attribute.name, annotation))
    if is_list:
        spec["elements"] = metadata.get("type") or "str"
    if metadata.get("choices"):
        spec["choices"] = list(metadata["choices"])
    if metadata.get("options"):
        spec["options"] = metadata["options"]
    if metadata.get("mutually_exclusive"):
        spec["mutually_exclusive"] = metadata["mutually_exclusive"]
    default = metadata.get("spec_default")
    if default is None:
        default = _default_of(attribute)
    required = metadata.get("required")
    if required or (default is MISSING and required is None):
        spec["required"] = True
    elif default is not MISSING and default is not None:
        spec["default"] = list(default) if is_list else default
    return spec


def _default_of(attribute: Any) -> Any:
    if attribute.default is not MISSING:
        return attribute.default
    if attribute.default_factory is MISSING:
        return MISSING
    return attribute.default_factory() or ([] if attribute.type in _LISTS else None)  # an empty dictionary counts as not given


def parse_moment(option: str, value: Optional[str], *, end_of_day: bool) -> Optional[datetime.datetime]:
    """The moment that the value of an option means, in UTC, which it is also taken to be in where it has no offset.

    None for None or an empty text. `end_of_day`: a day alone means its last millisecond. Raises `InvalidRequest` if it is not a date.
    """
    if not value:
        return None
    try:
        if value[4:5] != "-" or value[7:8] != "-":
            raise ValueError("not of the form 2024-07-31")  # Python 3.11 and later take 20240731 and 2024-W31-3, too
        moment = _times.parse_iso(value)
        if len(value) == _DAY and end_of_day:
            moment = moment.replace(hour=23, minute=59, second=59, microsecond=999000)
        return moment.astimezone(datetime.timezone.utc) if moment.tzinfo else moment.replace(tzinfo=datetime.timezone.utc)
    except (ValueError, OverflowError):
        raise errors.wrong_option(
            option,
            "must be a date such as 2024-07-31 or a moment such as 2024-07-31T18:00:00+02:00, not '%s'." % _text.one_line(value),
        ) from None


def normalise_moment(option: str, value: Optional[str], *, end_of_day: bool) -> Optional[str]:
    """The same in ISO 8601 as Immich takes it, in UTC with `Z`."""
    moment = parse_moment(option, value, end_of_day=end_of_day)
    return None if moment is None else _times.to_iso_utc(moment.replace(tzinfo=None))
