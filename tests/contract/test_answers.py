# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the embedded server answers is as Immich's OpenAPI documents say."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from contract.conformance.recorder import Record
from contract.openapi import acted_as, documents

DOCUMENTS = documents()
PAIRS = [(acted_as(document_version), document_version) for document_version in DOCUMENTS]

#: What real servers answer although no document says so (each is in their recorded answers).
UNDOCUMENTED = (
    r"GET /(assets/[^/]+/original|admin/database-backups/[^/]+) is not said to answer 206",  # a request with Range
    r"POST /assets is not said to answer 200",  # a duplicate, up to 1.135
    r"GET /server/config: answer: .* is a required property",  # maintenance mode leaves maintenanceMode alone
)
#: What the server's version has and an older document of the same major version does not know.
NEWER_THAN_DOCUMENT = (
    r"there is no GET /admin/integrity/",
    r"GET /queues: answer\[\d+\].name: 'integrityCheck' is not one of",
    r"(GET|PUT) /system-config(/defaults)?: answer.ffmpeg.acceptedAudioCodecs\[\d\]: 'opus' is not one of",
)


def is_known(error: str, version: str, document_version: str) -> bool:
    """Whether an answer's departure from a document is known of real servers."""
    known = UNDOCUMENTED if version == document_version else UNDOCUMENTED + NEWER_THAN_DOCUMENT
    return any(re.match(pattern, error) for pattern in known)


@pytest.mark.parametrize(("version", "document_version"), PAIRS)
def test_answers_are_as_documented(recorded: Callable[[str], Record], version: str, document_version: str) -> None:
    document = DOCUMENTS[document_version]
    good = [one for one in recorded(version).answers if one.status < 300 and not one.path.startswith("//")]
    wrong = [
        error
        for answer in good
        for error in document.answer_errors(answer.method, answer.path, answer.status, answer.body)
        if not is_known(error, version, document_version)
    ]
    assert len(good) > 100
    assert wrong == []


def test_document_is_paired_with_server_of_version() -> None:
    assert {"3.0.0": "3.1.0", "3.3.5": "3.3.5"}.items() <= {other: version for version, other in PAIRS}.items()
    with pytest.raises(LookupError, match=r"acts no Immich 3\.99\.0 or later"):
        acted_as("3.99.0")
