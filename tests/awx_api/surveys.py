# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Surveys: which AWX takes, which answers it takes, and what a job gets when questions are not answered.

Sources: JobTemplateSurveySpec in awx/api/views and SurveyJobTemplateMixin in awx/main/models/mixins.py of AWX 24.6.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

TYPES: dict[str, type | tuple[type, ...]] = {
    "text": str,
    "textarea": str,
    "password": str,
    "multiplechoice": str,
    "multiselect": str,
    "integer": int,
    "float": (float, int),
}
_KEYS = {"question_name", "question_description", "variable", "type", "required", "default", "min", "max", "choices"}


def problem(spec: Mapping[str, Any]) -> str:
    """Why AWX refuses a survey; "" if it does not."""
    if set(spec) != {"name", "description", "spec"} or not spec["spec"]:
        return "A survey has a name, a description, and at least one question."
    seen: set[str] = set()
    for question in spec["spec"]:
        missing = {"type", "question_name", "variable", "required"} - set(question)
        if missing or set(question) - _KEYS or question["type"] not in TYPES or type(question["required"]) is not bool:
            return f"{question} is not a question"
        if question["variable"] in seen:
            return f"'variable' '{question['variable']}' duplicated in survey question"
        seen.add(question["variable"])
        default = question.get("default", "")
        if default != "" and not isinstance(default, TYPES[question["type"]]):
            return f"Default value {default} expected to be {question['type']}."
        if any(not isinstance(question.get(limit, 0), int) for limit in ("min", "max")):
            return "The limit expected to be integer."
        if question["type"] in ("multiplechoice", "multiselect"):
            lines = str(default).splitlines()
            if "choices" not in question or (question["type"] == "multiplechoice" and len(lines) > 1):
                return "A choice must specify choices, and can only have one default value."
            if any(line not in question["choices"] for line in lines):
                return "Default choice must be answered from the choices listed."
    return ""


def wrong_answers(template: Mapping[str, Any], answers: Mapping[str, Any], *, may_miss: bool) -> dict[str, list[str]]:
    """Why AWX refuses answers for a template, from a schedule, a node (where required ones `may_miss`) or a launch."""
    questions = _questions(template)
    wrong = [text for question in questions if (text := _wrong(question, answers, may_miss=may_miss))]
    errors = {"variables_needed_to_start": wrong} if wrong else {}
    unasked = set(answers) - {question["variable"] for question in questions}
    if unasked and not template.get("ask_variables_on_launch"):
        errors["extra_data"] = [f"Variables {', '.join(sorted(unasked))} are not allowed on launch."]
    return errors


def variables(template: Mapping[str, Any], answers: Mapping[str, Any]) -> dict[str, Any]:
    """The variables of a job: the template's, then defaults that would be valid answers, then the answers."""
    found: dict[str, Any] = json.loads(template["extra_vars"] or "{}")
    for question in _questions(template):
        name, default = question["variable"], question.get("default")
        if default is not None and not _wrong(question, {name: default}, may_miss=False):
            found[name] = default
    return {**found, **answers}


def _questions(template: Mapping[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = template["survey_spec"].get("spec", []) if template.get("survey_enabled") else []
    return found


def _wrong(question: Mapping[str, Any], answers: Mapping[str, Any], *, may_miss: bool) -> str:
    name, kind = question["variable"], question["type"]
    if name not in answers:
        return f"'{name}' value missing" if question["required"] and not may_miss else ""
    answer = answers[name]
    if kind == "multiselect":
        is_right = isinstance(answer, list) and all(one in question["choices"] for one in answer)
    elif kind == "multiplechoice":
        is_right = answer in question["choices"]
    elif isinstance(answer, str) and TYPES[kind] is str:
        is_right = question.get("min", 0) <= len(answer) <= question.get("max", 1 << 20)
    else:
        is_right = isinstance(answer, TYPES[kind]) and not isinstance(answer, bool)
        is_right = is_right and question.get("min", answer) <= answer <= question.get("max", answer)
    return "" if is_right else f"Value {answer} for '{name}' is not one that the question takes."
