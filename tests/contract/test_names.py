# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of queues, manual jobs and scopes are those of Immich's OpenAPI documents."""

from __future__ import annotations

import re

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._client import versions
from ansible_collections.photoyard.immich.plugins.module_utils._client.versions import Version
from ansible_collections.photoyard.immich.plugins.module_utils._queues import names
from ansible_collections.photoyard.immich.plugins.module_utils._resources.kinds import scopes
from ansible_collections.photoyard.immich.plugins.module_utils._resources.kinds.table import KINDS
from ansible_collections.photoyard.immich.plugins.module_utils._resources.model import Kind, Route
from contract.openapi import acted_as, documents
from immich_emulator.versions import find

DOCUMENTS = documents()
#: 1.x has no scopes for all that later ones have, and its document has none of the names of queues.
LATER = [version for version in DOCUMENTS if not version.startswith("1.")]
#: What the document of 3.0.0 has not yet: it is older than that release, which brought the integrity report (immich#29219).
UNFINISHED = {"3.0.0": "integrity"}


def enumeration(document_version: str, name: str) -> set[str]:
    """The values of one of a document's enumerations."""
    return set(DOCUMENTS[document_version].content["components"]["schemas"][name]["enum"])


def finished(names_of_version: set[str], document_version: str) -> set[str]:
    """A version's names without those that its document does not have yet."""
    later = UNFINISHED.get(document_version)
    return {name for name in names_of_version if later is None or not name.startswith(later)}


def parsed(document_version: str) -> Version:
    """A document's version."""
    return Version(*(int(part) for part in document_version.split(".")))


@pytest.mark.parametrize("document_version", LATER)
def test_manual_jobs_equal_openapi_document(document_version: str) -> None:
    known = versions.manual_jobs(parsed(document_version))
    assert known is not None
    assert finished(set(known), document_version) == enumeration(document_version, "ManualJobName")
    assert set(find(acted_as(document_version)).facts["manual_jobs"]) == set(known)


@pytest.mark.parametrize("document_version", LATER)
def test_queues_equal_openapi_document(document_version: str) -> None:
    queues = enumeration(document_version, "QueueName")
    assert set(find(acted_as(document_version)).facts["queue_names"]) >= queues
    if parsed(document_version) >= versions.NO_DEVICE_IDS:
        assert finished({*names.CHAIN, *names.PROTECTED}, document_version) == queues


@pytest.mark.parametrize("document_version", LATER)
def test_scopes_equal_openapi_document(document_version: str) -> None:
    known, version = enumeration(document_version, "Permission"), parsed(document_version)
    assert set(scopes.scopes_of(list(scopes.BUNDLES), version)) <= known
    assert known <= set(find(acted_as(document_version)).facts["permissions"]) | {"asset.replace"}


def routes_of(kind: Kind) -> list[Route]:
    """All calls of a kind that change something, and the one that lists it."""
    members = [field.members for field in kind.fields if field.members]
    changes = [*kind.calls.values(), *(part.update for part in kind.parts.values())]
    lists = [Route("GET", kind.path, scope=kind.scope_to_read)] if kind.path else []
    return [*changes, *(route for one in members for route in (one.add, one.change, one.remove)), *lists]


@pytest.mark.parametrize("document_version", LATER)
def test_scopes_of_kinds_equal_openapi_document(document_version: str) -> None:
    asked = {
        (method.upper(), re.sub(r"\{\w+\}", "{}", path)): call.get("x-immich-permission")
        for path, calls in DOCUMENTS[document_version].content["paths"].items()
        for method, call in calls.items()
    }
    compared = [(route, asked.get((route.method, re.sub(r"\{\w+\}", "{}", route.path)))) for kind in KINDS for route in routes_of(kind)]
    assert all(route.scope for route, _scope in compared)
    assert [(route, scope) for route, scope in compared if scope not in (None, route.scope)] == []


def test_newer_server_is_not_judged_by_known_names() -> None:
    newer = Version(versions.NEWEST.major, versions.NEWEST.minor + 1, 0)
    assert versions.manual_jobs(newer) is None
