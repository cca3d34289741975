# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What ansible-core's validation has against the values of a module's options, as a sentence for the person who set them."""

from __future__ import annotations

import difflib
import re
from typing import Any, Callable, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from . import _text
from ._option_names import named

_NEAR = 0.75  # how alike two names must be, from 0 to 1, for one to be the other misspelt
_LONGEST_SHOWN = 60  # characters of a value

# Patterns of the texts of ansible.module_utils.common in ansible-core 2.16 to 2.21.
_UNSUPPORTED = (
    r"(?:Unsupported parameters for \(\S+\) module: )?(?P<names>\w\S*(?:, \w\S*)*)\. Supported parameters include: (?P<supported>.*?)\.?"
)
_WRONG_TYPE = (
    r"(?P<what>argument|Elements value for option) '(?P<option>[^']+)'(?: found in '(?P<outer>[^']+)')? is of type (?P<given>.+?)"
    r"(?: found in '(?P<within>[^']+)'\.)? and we were unable to convert to (?P<wanted>\w+): .*"
)
_MISSING = r"missing required arguments: (?P<names>\w+(?:, \w+)*)(?: found in (?P<where>\w+))?"
_NO_CHOICE = r"value of (?P<option>\w+) must be (?P<choices>one (?:or more )?of: .*?)(?: found in (?P<where>\w+))?"
_NO_DICTIONARY = (
    r"dictionary requested, .*|unable to evaluate string .*|value of '\w+' must be of type dict .*|.* to a dict|"
    r"Value .* in the sub parameter .*"
)
_REQUIRED_BY = r"missing parameter\(s\) required by '(?P<option>[^']+)': (?P<needed>.+)"
_REQUIRED_IF = r"(?P<option>\w+) is (?P<value>\S+) but (?P<how_many>any|all) of the following are missing: (?P<needed>[\w, ]+)"
_ONE_REQUIRED = r"one of the following is required: (?P<names>\w+(?:, \w+)*)(?: found in (?P<where>\w+))?"
_EXCLUSIVE = r"parameters are mutually exclusive: (?P<groups>[\w|]+(?:, [\w|]+)*)"
_TOGETHER = r"parameters are required together: (?P<names>\w+(?:, \w+)*)"

_WORDS = {"bool": "true or false", "int": "a whole number", "float": "a number", "dict": "a dictionary", "list": "a list", "str": "a text"}
_NEVER_EMPTY = ("bool", "int", "float", "dict", "list")
_TEXTS = ("str", "path")
_WRITTEN_LIST = r"\s*\[\s*(['\"]).*\1\s*\]\s*"
_PLAIN = ("bool", "int", "float")  # no secret is meant to be one of these
_GIVEN = {**_WORDS, "bool": "a truth value", "int": "a number", "NoneType": "nothing"}

Options = Mapping[str, Mapping[str, Any]]


class Refusal(NamedTuple):
    """Why values are refused, as a sentence, and the options that it is about."""

    msg: str
    options: Tuple[str, ...] = ()


def find_unfit(
    options: Options, given: Mapping[str, Any], *, may_be_empty: Callable[[str], bool] = lambda name: False
) -> Optional[Refusal]:
    """What is wrong with the first of the values, as they were `given` for `options` (an argument spec), that cannot be meant.

    Ansible makes the text `['a', 'b']` of a list where a text is expected, and a list with one empty text of an empty text. Of those, AWX
    sends one for a question of a survey that nobody has answered. The lists that `may_be_empty` names may be such a text.
    """
    for name, option in options.items():
        problem = _unfit(named(name), option, _value_of(name, option, given), may_be_empty(name))
        if problem:
            return Refusal(problem, (name,))
    return None


def _value_of(name: str, option: Mapping[str, Any], given: Mapping[str, Any]) -> Any:
    return next((given[alias] for alias in (name, *option.get("aliases", ())) if given.get(alias) is not None), None)


def _unfit(label: str, option: Mapping[str, Any], value: Any, may_be_empty: bool) -> str:
    """What is wrong with the value of an option that messages call `label`, "" for nothing."""
    kind = option.get("type", "str")
    if value is None:
        return ""
    if value == "" and kind in _NEVER_EMPTY and not (kind == "list" and may_be_empty):
        if option.get("required"):
            return "%s is empty, and must be %s." % (label, _WORDS[kind])
        return (
            "%s is empty. Leave it out, or give %s. AWX sends an empty text for a question that nobody answers: give it a default there."
            % (label, _WORDS[kind])
        )
    if kind in _TEXTS and isinstance(value, (list, tuple, Mapping)):
        return "%s must be a text, not %s." % (label, "a dictionary" if isinstance(value, Mapping) else "a list")
    if kind in ("list", "path") and isinstance(value, str) and re.fullmatch(_WRITTEN_LIST, value, re.DOTALL):
        if kind == "path":
            return "%s must be a text, and is a list that was made into one." % label
        return '%s is a text that looks like a list. With ansible-playbook -e, give a list as JSON: -e \'{"%s": ["a", "b"]}\'.' % (
            label,
            label,
        )
    if kind == "list" and isinstance(value, (list, tuple)):
        return _unfit_element(label, option, value)
    if option.get("options") and isinstance(value, Mapping):
        return _unfit_inside(label, option["options"], value)
    return ""


def _unfit_element(label: str, option: Mapping[str, Any], values: Any) -> str:
    for value in values:
        if option.get("elements") in _TEXTS and isinstance(value, (list, tuple, Mapping)):
            return "each element of %s must be a text, not %s." % (label, "a dictionary" if isinstance(value, Mapping) else "a list")
        problem = _unfit_inside(label, option["options"], value) if option.get("options") and isinstance(value, Mapping) else ""
        if problem:
            return problem
    return ""


def _unfit_inside(outer: str, options: Options, given: Mapping[str, Any]) -> str:
    problems = (_unfit("%s in %s" % (name, outer), option, _value_of(name, option, given), False) for name, option in options.items())
    return next((problem for problem in problems if problem), "")


def explain_refusal(text: str, options: Options, given: Mapping[str, Any]) -> Refusal:
    """What is wrong with the values that were `given` for `options` (an argument spec); the text itself where it says that well enough.

    What may be a secret is not quoted.
    """
    unsupported = re.fullmatch(_UNSUPPORTED, text, re.DOTALL)
    if unsupported is not None:
        names = unsupported["names"].split(", ")
        return Refusal(_unsupported(names, unsupported["supported"]), tuple(names))
    wrong = re.fullmatch(_WRONG_TYPE, text, re.DOTALL)
    if wrong is not None:
        return Refusal(_wrong_type(wrong, options, given), (wrong["outer"] or wrong["within"] or wrong["option"],))
    choices = re.fullmatch(_NO_CHOICE, text, re.DOTALL)
    if choices is not None and not choices["where"]:
        return Refusal("value of %s must be %s" % (named(choices["option"]), choices["choices"]), (choices["option"],))
    required = re.fullmatch(_REQUIRED_BY, text, re.DOTALL)
    if required is not None:
        needed = required["needed"].split(", ")
        return Refusal("%s needs %s too." % (named(required["option"]), ", ".join(map(named, needed))), (required["option"], *needed))
    condition = _unmet_condition(text)
    if condition is not None:
        return condition
    missing = re.fullmatch(_MISSING, text, re.DOTALL)
    if missing is not None:
        names = missing["names"].split(", ")
        if missing["where"] is None:
            return Refusal("missing required arguments: %s" % ", ".join(map(named, names)), tuple(names))
        is_list = options.get(missing["where"], {}).get("type") == "list"
        where = ("Each element of " if is_list else "") + named(missing["where"])
        return Refusal("%s needs %s." % (where, " and ".join(names)), (missing["where"],))
    if re.fullmatch(_NO_DICTIONARY, text, re.DOTALL):
        for name, option in options.items():
            if option.get("elements") == "dict" and given.get(name) is not None and not _are_dictionaries(given[name]):
                return Refusal("%s must be a list of dictionaries." % named(name), (name,))
    return Refusal(text)


def _unmet_condition(text: str) -> Optional[Refusal]:
    """Which options are missing, or exclude each other; None where the text is about something else."""
    needed = re.fullmatch(_REQUIRED_IF, text)
    if needed is not None:
        value = needed["value"].lower() if needed["value"] in ("True", "False") else needed["value"]
        names = needed["needed"].split(", ")
        sentence = "%s=%s needs %s." % (named(needed["option"]), value, _in_words(names, "or" if needed["how_many"] == "any" else "and"))
        return Refusal(sentence, (needed["option"], *names))
    lacking = re.fullmatch(_ONE_REQUIRED, text)
    if lacking is not None:
        names = lacking["names"].split(", ")
        if lacking["where"]:
            sentence = "Each element of %s needs %s." % (named(lacking["where"]), _join(names, "or"))
            return Refusal(sentence, (lacking["where"],))
        return Refusal("Give %s." % _in_words(names, "or"), tuple(names))
    exclusive = re.fullmatch(_EXCLUSIVE, text)
    if exclusive is not None:
        groups = [group.split("|") for group in exclusive["groups"].split(", ")]
        sentence = " ".join("%s exclude each other. Give only one of them." % _in_words(group, "and") for group in groups)
        return Refusal(sentence, tuple(name for group in groups for name in group))
    together = re.fullmatch(_TOGETHER, text)
    if together is None:
        return None
    names = together["names"].split(", ")
    return Refusal("%s belong together. Give all of them, or none." % _in_words(names, "and"), tuple(names))


def _in_words(options: Sequence[str], joined_by: str) -> str:
    """Options, by the names that their user knows, as `a, b and c`."""
    return _join([named(option) for option in options], joined_by)


def _join(names: Sequence[str], joined_by: str) -> str:
    *before, last = names
    return "%s %s %s" % (", ".join(before), joined_by, last) if before else last


def _unsupported(names: List[str], supported: str) -> str:
    sentences = []
    for name in names:
        outer, _dot, option = name.rpartition(".")
        near = difflib.get_close_matches(option, re.findall(r"\w+", supported), 1, _NEAR)
        unknown = "%s has no option %s." % (named(outer), option) if outer else "The option %s does not exist." % option
        known = "%s %s." % ("It has" if outer else "There are", supported.partition(" (")[0] or "none")  # without aliases
        sentences.append("%s %s" % (unknown, "Did you mean %s?" % near[0] if near else known))
    return " ".join(sentences)


def _wrong_type(match: Any, options: Options, given: Mapping[str, Any]) -> str:
    within = match["outer"] or match["within"]
    option = "%s in %s" % (match["option"], named(within)) if within else named(match["option"])
    subject = "each element of %s" % option if match["what"] != "argument" else option
    requirement = "%s must be %s" % (subject, _WORDS.get(match["wanted"], "of the type %s" % match["wanted"]))
    value = given.get(match["option"])
    is_secret = options.get(match["option"], {}).get("no_log") or match["wanted"] not in _PLAIN
    if isinstance(value, str) and not within and not is_secret:
        return "%s, not '%s'." % (requirement, _text.one_line(value, _LONGEST_SHOWN))
    kind = next((words for name, words in _GIVEN.items() if re.search(r"\b%s\b" % name, match["given"])), "")
    return "%s, not %s." % (requirement, kind) if kind else "%s." % requirement


def _are_dictionaries(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(item, Mapping) for item in value)
