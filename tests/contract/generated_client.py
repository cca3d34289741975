# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An OpenAPI document, put together again from a Python client that OpenAPI Generator made of it.

The client is read as text and not run, so that nothing it needs has to be installed. What a client knows comes back: paths, parameters,
bodies and answers, and of each field the type, the limits, the pattern, and whether it is required and may be null. What it does not know,
scopes and examples, is missing, and so are calls that the document hides.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Schema = dict[str, Any]

SIMPLE: dict[str, Schema] = {
    "str": {"type": "string"},
    "StrictStr": {"type": "string"},
    "bytes": {"type": "string", "format": "binary"},
    "StrictBytes": {"type": "string", "format": "binary"},
    "bool": {"type": "boolean"},
    "StrictBool": {"type": "boolean"},
    "int": {"type": "integer"},
    "StrictInt": {"type": "integer"},
    "float": {"type": "number"},
    "StrictFloat": {"type": "number"},
    "datetime": {"type": "string", "format": "date-time"},
    "date": {"type": "string", "format": "date"},
    "UUID": {"type": "string", "format": "uuid"},
    "Any": {},
    "object": {},
}
#: keyword of pydantic's `Field` → that of a schema, for numbers and texts; for lists see `LIST_LIMITS`.
LIMITS = {"ge": "minimum", "le": "maximum", "min_length": "minLength", "max_length": "maxLength"}
LIST_LIMITS = {"min_length": "minItems", "max_length": "maxItems"}
#: Classes of Unicode's characters, which Python's `re` does not know, as its `\w`, which is a little wider.
UNICODE_CLASSES = re.compile(r"(\\p\{[LMN]\})+")


def read_client(folder: Path) -> dict[str, Any]:
    """The content of the document from which the client in a folder (with `api` and `models` in it) was made."""
    apis = {path: path.read_text(encoding="utf-8") for path in sorted((folder / "api").glob("*_api.py"))}
    (version,) = {match[1] for text in apis.values() for match in re.finditer(r"version of the OpenAPI document: (\S+)", text)}
    paths: dict[str, dict[str, Any]] = {}
    for text in apis.values():
        for method, path, operation in operations(ast.parse(text)):
            paths.setdefault(path, {})[method] = operation
    schemas = {}
    for file in sorted((folder / "models").glob("*.py")):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                schemas[node.name] = model(node)
    return {"info": {"version": version}, "paths": paths, "components": {"schemas": schemas}}


def operations(module: ast.Module) -> Iterator[tuple[str, str, Schema]]:
    """Method, path and operation of each call in a file of the client."""
    for api in module.body:
        functions = {one.name: one for one in getattr(api, "body", ()) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}
        for name, call in functions.items():
            if isinstance(call, ast.AsyncFunctionDef) and (sends := functions.get(f"_{name}_serialize")):
                yield operation(call, sends)


def operation(call: ast.AsyncFunctionDef, sends: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[str, str, Schema]:
    """One of them: `call` has the types of its arguments, `sends` says where they go."""
    arguments = {one.arg: one.annotation for one in call.args.args if one.annotation is not None}
    optional = {one.arg for one in call.args.args[len(call.args.args) - len(call.args.defaults) :]}
    texts = {keyword.arg: keyword.value.value for keyword in sent_with(sends).keywords if isinstance(keyword.value, ast.Constant)}
    lists = (ast.literal_eval(one) for one in ast.walk(sends) if isinstance(one, ast.List) and one.elts)
    types = [str(kind) for listed in lists for kind in listed if "/" in kind]
    found: Schema = {"parameters": [], "responses": dict(responses(call))}
    form: Schema = {"type": "object", "properties": {}, "required": []}
    for argument, place, name in places(sends):
        schema = of_annotation(arguments[argument])
        if place == "form":
            form["properties"][name] = schema
            form["required"] += [] if argument in optional else [name]
        elif place == "body":
            found["requestBody"] = {"required": argument not in optional, "content": {"application/json": {"schema": schema}}}
        else:
            found["parameters"].append({"name": name, "in": place, "required": argument not in optional, "schema": schema})
    if form["properties"]:
        (kind,) = (one for one in types if "form" in one)
        found["requestBody"] = {"required": True, "content": {kind: {"schema": form}}}
    return str(texts["method"]).lower(), str(texts["resource_path"]), found


def sent_with(sends: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.Call:
    """The call that names the method and the path."""
    (found,) = (
        one
        for one in ast.walk(sends)
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.func.attr == "param_serialize"
    )
    return found


def places(sends: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[str, str, str]]:
    """Each argument of a call: its name, `path`, `query`, `header`, `form` or `body`, and what it is called there."""
    where = {"_path_params": "path", "_query_params": "query", "_header_params": "header", "_form_params": "form", "_files": "form"}
    seen = set()
    for test in (one for one in ast.walk(sends) if isinstance(one, ast.If)):
        tested = test.test.left if isinstance(test.test, ast.Compare) else None
        if not isinstance(tested, ast.Name) or tested.id.startswith("_"):
            continue
        for node in ast.walk(test):
            place = name = None
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript) and isinstance(node.targets[0].value, ast.Name):
                place, name = where.get(node.targets[0].value.id), ast.literal_eval(node.targets[0].slice)
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "_body_params":
                place, name = "body", ""
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "append":
                place = where.get(getattr(node.func.value, "id", ""))
                name = ast.literal_eval(node.args[0].elts[0]) if isinstance(node.args[0], ast.Tuple) else None
            if place is not None and name is not None and (tested.id, name) not in seen:
                seen.add((tested.id, name))
                yield tested.id, place, name


def responses(call: ast.AsyncFunctionDef) -> Iterator[tuple[str, Schema]]:
    """The answers of a call: status → response."""
    declared = {ast.unparse(one.target): one.value for one in ast.walk(call) if isinstance(one, ast.AnnAssign)}
    table = declared["_response_types_map"]
    assert table is not None
    for status, name in ast.literal_eval(table).items():
        schema = of_annotation(ast.parse(name, mode="eval").body) if name else None
        has_json = schema is not None and schema.get("format") != "binary"
        yield status, {"content": {"application/json": {"schema": schema}}} if has_json else {}


def model(node: ast.ClassDef) -> Schema:
    """The schema of a class: an enumeration, an object, or anything where it is one of several."""
    values = [one.value.value for one in node.body if isinstance(one, ast.Assign) and isinstance(one.value, ast.Constant)]
    if any(getattr(base, "id", "") == "Enum" for base in node.bases):
        return {"enum": values}
    fields = {one.target.id: one for one in node.body if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)}
    if fields.keys() & {"any_of_schemas", "one_of_schemas"}:
        return {}
    patterns, nullable = dict(validators(node)), set(may_be_null(node))
    found: Schema = {"type": "object", "properties": {}, "required": []}
    for name, one in fields.items():
        if "ClassVar" in ast.dump(one.annotation) or name.startswith("_"):
            continue
        said = keywords(one.value) if isinstance(one.value, ast.Call) else {}
        api = str(said.get("alias", name))
        schema = of_annotation(one.annotation) | ({"pattern": patterns[name]} if name in patterns else {})
        found["properties"][api] = {**schema, "nullable": True} if api in nullable else schema
        if one.value is None or (isinstance(one.value, ast.Call) and "default" not in said):
            found["required"].append(api)
    return found


def validators(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    """The patterns of a class's fields."""
    for function in (one for one in node.body if isinstance(one, ast.FunctionDef) and one.name.endswith("_validate_regular_expression")):
        calls = (one for one in ast.walk(function) if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute))
        (pattern,) = (ast.literal_eval(one.args[0]) for one in calls if ast.unparse(one.func) == "re.match")
        yield function.name.removesuffix("_validate_regular_expression"), UNICODE_CLASSES.sub(lambda _found: r"\w", pattern)


def may_be_null(node: ast.ClassDef) -> Iterator[str]:
    """The API's names of the fields that a class sends as null where they were set to None."""
    for one in ast.walk(node):
        target = one.targets[0] if isinstance(one, ast.Assign) and ast.unparse(one.value) == "None" else None
        if isinstance(target, ast.Subscript) and ast.unparse(target.value) == "_dict":
            yield ast.literal_eval(target.slice)


def of_annotation(node: ast.expr) -> Schema:
    """The schema of a type. None as the default of a field says that it may be left out, and not that it may be null."""
    if isinstance(node, ast.Name):
        return dict(SIMPLE.get(node.id, {"$ref": f"#/components/schemas/{node.id}"}))
    if not isinstance(node, ast.Subscript) or not isinstance(node.value, ast.Name):
        raise ValueError(f"not a type: {ast.unparse(node)}")
    inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    outer = node.value.id
    if outer == "Optional":
        return of_annotation(inner[0])
    if outer == "List":
        return {"type": "array", "items": of_item(inner[0])}
    if outer == "Dict":
        return {"type": "object", "additionalProperties": of_item(inner[1])}
    if outer == "Annotated":
        schema = of_annotation(inner[0])
        limits = LIMITS | LIST_LIMITS if schema.get("type") == "array" else LIMITS
        return schema | {limits[name]: value for name, value in keywords(inner[1]).items() if name in limits}
    if outer == "Union":  # of numbers, or of the ways to give a file
        return of_annotation(inner[0])
    raise ValueError(f"not a type: {ast.unparse(node)}")


def of_item(node: ast.expr) -> Schema:
    """The schema of a type within a list or a dictionary, where None is null."""
    optional = isinstance(node, ast.Subscript) and getattr(node.value, "id", "") == "Optional"
    return of_annotation(node) | ({"nullable": True} if optional else {})


def keywords(node: ast.expr) -> dict[str, Any]:
    """The keywords of a call of `Field`, with their values where those are literals; None stands for any other expression."""
    if not isinstance(node, ast.Call):
        return {}
    found = {}
    for keyword in node.keywords:
        if keyword.arg is not None:
            try:
                found[keyword.arg] = ast.literal_eval(keyword.value)
            except ValueError:
                found[keyword.arg] = None
    return found
