# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The errors of a request, with the wording of each version."""

from __future__ import annotations

import random
import string
from http import HTTPStatus
from typing import Any

from immich_emulator.versions import Version

ALPHABET = string.digits + string.ascii_lowercase


class ApiError(Exception):
    """An answer other than success. `message` is a sentence, or a list of them from a validation of ≤2.7."""

    def __init__(self, status: int, message: str | list[str]) -> None:
        super().__init__(message)
        self.status, self.message = status, message

    def body(self, version: Version) -> dict[str, Any]:
        """The JSON body; its correlation id is added by the answer's writer."""
        if version.is_new:
            return {"message": self.message}
        body: dict[str, Any] = {"message": self.message, "error": HTTPStatus(self.status).phrase}
        return {**body, "statusCode": self.status, "correlationId": correlation_id()}


class Invalid(ApiError):
    """A request that failed validation: the sentences of ≤2.7 and the issues of ≥3.0 say the same."""

    def __init__(self, sentences: list[str], issues: list[dict[str, Any]]) -> None:
        super().__init__(400, sentences)
        self.issues = issues

    def body(self, version: Version) -> dict[str, Any]:
        """The JSON body."""
        if version.is_new:
            return {"message": "Validation failed", "errors": self.issues}
        return super().body(version)


class EarlyError(ApiError):
    """A request that never comes to Immich's own code (bad JSON, no API's path): the answer has no correlation id."""

    def body(self, version: Version) -> dict[str, Any]:
        """The JSON body."""
        if version.is_new:
            return {"message": self.message}
        return {"message": self.message, "error": HTTPStatus(self.status).phrase, "statusCode": self.status}


class TooLarge(ApiError):
    """A JSON body beyond 10 MiB: 500, not 413, and shorter than other errors."""

    def __init__(self) -> None:
        super().__init__(500, "Internal server error")

    def body(self, version: Version) -> dict[str, Any]:
        """The JSON body."""
        return {"message": self.message} if version.is_new else {"message": self.message, "statusCode": self.status}


def bad_request(message: str) -> ApiError:
    """400 with one sentence."""
    return ApiError(400, message)


def no_access(scope: str) -> ApiError:
    """How Immich answers for an object that is missing or someone else's: 400."""
    return ApiError(400, f"Not found or no {scope} access")


def correlation_id() -> str:
    """Eight characters that tie an answer to the server's log."""
    return "".join(random.choices(ALPHABET, k=8))
