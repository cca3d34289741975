# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in the stand-in, and what AWX does when things are made, changed, joined and deleted."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from awx_api import injection, schedules, surveys
from awx_api.kinds import CASCADES, KINDS, UNIFIED, Field

Thing = dict[str, Any]
ENCRYPTED = "$encrypted$"
API = "/api/v2"
_KINDS_OF_TYPES = {kind.type: plural for plural, kind in KINDS.items()}


class Refused(Exception):
    """AWX answers with this status and body."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        super().__init__(body)
        self.status = status
        self.body = body


class Store:
    """Every thing by its kind and number.

    :param playbooks: the playbooks that a project has.
    :param local_paths: the folders that a manual project can have.
    :param api: the path of the API, with which each thing's own begins.
    """

    def __init__(self, playbooks: Iterable[str], local_paths: Iterable[str] = (), api: str = API) -> None:
        self.api = api
        self.playbooks = set(playbooks)
        self.local_paths = set(local_paths)
        self.things: dict[str, dict[int, Thing]] = {kind: {} for kind in KINDS}
        self.surveys: dict[int, Thing] = {}
        self.joined: dict[tuple[str, int, str], list[int]] = defaultdict(list)
        self._last = 0

    def by_name(self, kind: str, name: str) -> Thing:
        """The one thing of this name."""
        (found,) = (thing for thing in self.things[kind].values() if thing.get("name") == name)
        return found

    def get(self, kind: str, number: int) -> Thing:
        """A thing. Refuses with 404."""
        for one in _kinds_of(kind):
            if number in self.things[one]:
                return self.things[one][number]
        raise Refused(404, {"detail": "Not found."})

    def lists(self, kind: str, filters: Mapping[str, str]) -> list[Thing]:
        """The things that fit all filters, and of those that begin with `or__` at least one. Refuses an unknown field with 400."""
        kinds = _kinds_of(kind)
        fields = {"id", "type"} | {name for one in kinds for name in KINDS[one].fields}
        for name in filters:
            if name.removeprefix("or__") not in fields:
                raise Refused(400, {"detail": f"{KINDS[kinds[0]].type} has no field named '{name}'"})
        every = [thing for one in kinds for thing in self.things[one].values()]
        return [thing for thing in every if _fits(thing, filters)]

    def create(self, kind: str, given: Mapping[str, Any]) -> Thing:
        """Makes a thing."""
        given = _without_null(kind, given)
        fields = KINDS[kind].fields
        self._check_fields(kind, given, {})
        missing = [name for name, field in fields.items() if field.required and given.get(name) in ("", None)]
        if missing:
            raise Refused(400, {name: ["This field is required."] for name in missing})
        self._last += 1
        thing: Thing = {"id": self._last, "type": KINDS[kind].type}
        thing |= {name: given.get(name, field.default) if not field.read_only else field.default for name, field in fields.items()}
        self._check(kind, thing, given)
        self.things[kind][thing["id"]] = thing
        if kind == "projects" and thing["scm_type"]:
            thing["scm_revision"] = "0" * 40
            thing["update"] = self.create("project_updates", {})["id"]
            self.things["project_updates"][thing["update"]]["status"] = "successful"
        return thing

    def change(self, kind: str, number: int, given: Mapping[str, Any]) -> Thing:
        """Changes some fields of a thing."""
        old = self.get(kind, number)
        given = _without_null(kind, given)
        self._check_fields(kind, given, old)
        if kind == "credential_types" and "inputs" in given and given["inputs"] != old["inputs"] and self._users_of(number):
            raise Refused(403, {"detail": "Modifications to inputs are not allowed for credential types that are in use"})
        given = {name: value for name, value in given.items() if not KINDS[kind].fields[name].read_only}
        if kind == "credentials" and "inputs" in given:
            kept = {name: old["inputs"].get(name, "") for name, value in given["inputs"].items() if value == ENCRYPTED}
            given["inputs"] = given["inputs"] | kept
        changed = old | given
        self._check(kind, changed, given)
        self.things[kind][number] = changed
        return changed

    def delete(self, kind: str, number: int) -> None:
        """Deletes a thing with all that cannot be without it."""
        self.get(kind, number)
        if kind == "credential_types" and self._users_of(number):
            raise Refused(403, {"detail": "Credential types that are in use cannot be deleted"})
        del self.things[kind][number]
        self.surveys.pop(number, None)
        for (one, owner, _name), numbers in list(self.joined.items()):
            if (one, owner) == (kind, number):
                del self.joined[one, owner, _name]
            elif number in numbers:
                numbers.remove(number)
        for one, fields in ((one, KINDS[one].fields) for one in KINDS):
            names = [name for name, field in fields.items() if kind in _kinds_of(field.to)]
            for thing in list(self.things[one].values()):
                self._detach(one, thing, [name for name in names if thing[name] == number])

    def set_survey(self, number: int, spec: Thing) -> None:
        """Gives a template its survey."""
        if wrong := surveys.problem(spec):
            raise Refused(400, {"error": wrong})
        self.surveys[number] = spec

    def join(self, kind: str, number: int, name: str, other: int) -> None:
        """Puts a thing into a list of another."""
        to = KINDS[kind].lists[name]
        if other not in self.things[to]:
            raise Refused(400, {"msg": f"{KINDS[to].type} with id={other} does not exist."})
        numbers = self.joined[kind, number, name]
        if kind == "job_templates" and name == "credentials":
            kinds = {self.things[to][one]["credential_type"] for one in numbers if one != other}
            if self.things[to][other]["credential_type"] in kinds:
                raise Refused(400, {"error": "Cannot assign multiple credentials of one type."})
        if kind == "workflow_job_template_nodes":
            if number == other:
                raise Refused(400, {"Error": "Cycle detected."})
            if any(other in self.joined[kind, number, one] for one in KINDS[kind].lists if one != name):
                raise Refused(400, {"Error": "Relationship not allowed."})
        if other not in numbers:
            numbers.append(other)

    def part(self, kind: str, number: int, name: str, other: int) -> None:
        """Takes a thing out of a list of another."""
        numbers = self.joined[kind, number, name]
        if other in numbers:
            numbers.remove(other)

    def shown(self, kind: str, thing: Thing) -> Thing:
        """A thing as the API shows it."""
        plural = _KINDS_OF_TYPES[thing["type"]]
        url = f"{self.api}/{plural}/{thing['id']}/"
        related = {name: f"{url}{name}/" for name in KINDS[plural].lists}
        if KINDS[plural].has_survey:
            related["survey_spec"] = f"{url}survey_spec/"
        summary = {"current_update": {"id": thing["update"]}} if "update" in thing else {}
        values = {name: thing[name] for name in KINDS[plural].fields}
        if plural == "credentials":
            secrets = {field["id"] for field in self.type_of(thing)["inputs"]["fields"] if field.get("secret")}
            values["inputs"] = {name: ENCRYPTED if name in secrets else value for name, value in thing["inputs"].items()}
        times = dict.fromkeys(("created", "modified"), "2026-01-01T00:00:00Z")
        return {"id": thing["id"], "type": thing["type"], "url": url, "related": related, "summary_fields": summary, **times, **values}

    def template(self, thing: Thing) -> Thing:
        """A template with its survey."""
        return thing | {"survey_spec": self.surveys.get(thing["id"], {})}

    def type_of(self, credential: Thing) -> Thing:
        """A credential's type."""
        return self.things["credential_types"][credential["credential_type"]]

    def _detach(self, kind: str, thing: Thing, names: list[str]) -> None:
        """Empties fields whose object was deleted, or deletes the thing with the object where AWX does."""
        if CASCADES.get(kind) in names:
            self.delete(kind, thing["id"])
        thing.update(dict.fromkeys(names))

    def _users_of(self, credential_type: int) -> bool:
        return any(one["credential_type"] == credential_type for one in self.things["credentials"].values())

    def _check_fields(self, kind: str, given: Mapping[str, Any], old: Thing) -> None:
        """Unknown fields, values of a wrong type, and numbers of things that are not there."""
        wrong = {}
        for name, value in given.items():
            field = KINDS[kind].fields.get(name)
            if field is None:
                wrong[name] = ["Unknown field."]
            elif not field.read_only and not _is_right(field, value):
                wrong[name] = [f"Not a valid value: {value!r}."]
            elif field.fixed and old and value != old[name]:
                wrong[name] = ["It cannot be changed."]
            elif field.to and value is not None:
                try:
                    self.get(field.to, value)
                except Refused:
                    wrong[name] = [f'Invalid pk "{value}" - object does not exist.']
        if wrong:
            raise Refused(400, wrong)

    def _check(self, kind: str, thing: Thing, given: Mapping[str, Any]) -> None:
        """Checks a whole thing as AWX does."""
        self._check_unique(kind, thing)
        wrong: dict[str, Any] = {}
        if kind == "credential_types":
            wrong = injection.problem(thing["inputs"], thing["injectors"])
            if thing["kind"] not in ("cloud", "net", "galaxy"):
                wrong["kind"] = ["Must be 'cloud' or 'net'."]
        elif kind == "credentials":
            wrong = self._wrong_credential(thing)
        elif kind == "projects":
            wrong = self._wrong_project(thing, given)
        elif kind == "instance_groups":
            wrong = self._wrong_group(thing, given)
        elif kind == "job_templates":
            wrong = self._wrong_template(thing)
        elif kind in ("schedules", "workflow_job_template_nodes"):
            wrong = self._wrong_launch(kind, thing)
        if wrong:
            raise Refused(400, wrong)

    def _check_unique(self, kind: str, thing: Thing) -> None:
        unique = KINDS[kind].unique
        for other in self.things[kind].values():
            if unique and other["id"] != thing["id"] and all(other[name] == thing[name] for name in unique):
                field = "__all__" if len(unique) > 1 else unique[0]
                raise Refused(400, {field: [f"{KINDS[kind].type} with this {' and '.join(unique)} already exists."]})

    def _wrong_credential(self, thing: Thing) -> dict[str, Any]:
        if thing["organization"] is None:
            return {"detail": ["Missing 'user', 'team', or 'organization'."]}
        return _wrong_inputs(self.type_of(thing)["inputs"], thing["inputs"])

    def _wrong_group(self, thing: Thing, given: Mapping[str, Any]) -> dict[str, Any]:
        # AWX asks what the group was before, and so says nothing when it is made.
        was_container_group = self.things["instance_groups"].get(thing["id"], {}).get("is_container_group")
        if was_container_group and given.get("policy_instance_percentage"):
            return {"policy_instance_percentage": ["Containerized instances may not be managed via the API"]}
        return {}

    def _wrong_project(self, thing: Thing, given: Mapping[str, Any]) -> dict[str, Any]:
        if thing["scm_type"]:
            return {} if thing["scm_url"] else {"scm_url": ["This field is required."]}
        taken = {other["local_path"] for other in self.things["projects"].values() if other["id"] != thing["id"]}
        if thing["local_path"] not in self.local_paths - taken:
            return {"local_path": ["This path is already being used by another manual project."]}
        options = ("scm_update_on_launch", "scm_delete_on_update", "scm_track_submodules", "scm_clean")
        return {name: ["Update options must be set to false for manual projects."] for name in options if given.get(name)}

    def _wrong_template(self, thing: Thing) -> dict[str, Any]:
        if thing["project"] is None:
            return {"project": ["This field is required."]}
        if thing["playbook"] not in self.playbooks:
            return {"playbook": ["Playbook not found for project."]}
        if thing["inventory"] is None and not thing["ask_inventory_on_launch"]:
            return {"inventory": ["You must either set a default value or ask to prompt on launch."]}
        try:
            json.loads(thing["extra_vars"] or "{}")
        except ValueError:
            return {"extra_vars": ["Cannot parse as JSON."]}
        thing["organization"] = self.things["projects"][thing["project"]]["organization"]
        return {}

    def _wrong_launch(self, kind: str, thing: Thing) -> dict[str, Any]:
        if kind == "schedules" and (wrong := schedules.problems(thing["rrule"])):
            return {"rrule": wrong}
        if thing["unified_job_template"] is None:
            return {}
        template = self.template(self.get("unified_job_templates", thing["unified_job_template"]))
        return surveys.wrong_answers(template, thing["extra_data"], may_miss=kind == "workflow_job_template_nodes")


def _without_null(kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """AWX takes null for a text as an empty one."""
    fields = KINDS[kind].fields
    texts = {name for name, field in fields.items() if field.type is str and not field.nullable}
    return {name: "" if value is None and name in texts else value for name, value in given.items()}


def _kinds_of(to: str) -> tuple[str, ...]:
    return UNIFIED if to == "unified_job_templates" else (to,)


def _is_right(field: Field, value: Any) -> bool:
    if value is None:
        return field.nullable
    return isinstance(value, field.type) and (field.type is not int or not isinstance(value, bool))


def _fits(thing: Thing, filters: Mapping[str, str]) -> bool:
    def fits(name: str, wanted: str) -> bool:
        value = thing.get(name)
        return wanted.lower() == str(value).lower() if isinstance(value, bool) else wanted == str(value)

    either = [fits(name.removeprefix("or__"), wanted) for name, wanted in filters.items() if name.startswith("or__")]
    return (not either or any(either)) and all(fits(name, wanted) for name, wanted in filters.items() if not name.startswith("or__"))


def _wrong_inputs(inputs: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    types = {field["id"]: {"string": str, "boolean": bool}[field["type"]] for field in inputs.get("fields", ())}
    unknown = [name for name, value in given.items() if name not in types or not isinstance(value, types[name])]
    return {"inputs": {name: ["Unknown, or of a wrong type."] for name in unknown}} if unknown else {}
