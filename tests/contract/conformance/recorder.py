# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks a server the scenario's questions and keeps the answers."""

from __future__ import annotations

import json as json_module
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests
from requests.cookies import get_cookie_header

from contract.conformance.forms import BOUNDARY, Part, multipart
from contract.conformance.normal import TIME, Normaliser

KEPT_HEADERS = [
    "Connection",
    "Keep-Alive",
    "Allow",
    "Retry-After",
    "Location",
    "Content-Disposition",
    "Content-Range",
    "Accept-Ranges",
    "Cache-Control",
]
NOTED_HEADERS = ("X-Correlation-ID", "ETag")


@dataclass(frozen=True)
class Answer:
    """One answer as it came, for those who judge it by other measures than the records."""

    method: str
    path: str
    status: int
    kind: str
    body: Any


class Record(NamedTuple):
    """What came of a scenario."""

    exchanges: list[dict[str, Any]]
    answers: list[Answer]


class Recorder:
    """Sends a scenario's calls and keeps each exchange, normalised.

    `poll_seconds` is the pause between two looks at a server that is awaited; a real one needs longer ones, and
    `settle_seconds` after a restart.
    """

    def __init__(self, url: str, admin_key: str, user_key: str, poll_seconds: float, settle_seconds: float) -> None:
        self.root = url.rstrip("/")
        self.poll_seconds, self.settle_seconds = poll_seconds, settle_seconds
        self.keys: dict[str, str | None] = {"admin": admin_key, "user": user_key, "bad": "not-a-key", "none": None}
        self.session = requests.Session()
        self.session.trust_env = False
        self.normal = Normaliser()
        self.exchanges: list[dict[str, Any]] = []
        self.answers: list[Answer] = []
        self.group_name = ""

    def group(self, name: str) -> None:
        """Begins a group of steps."""
        self.group_name = name

    def call(
        self,
        step: str,
        method: str,
        path: str,
        who: str = "user",
        *,
        json: Any = None,
        form: list[Part] | None = None,
        raw: bytes | None = None,
        headers: dict[str, str] | None = None,
        cookies: bool = True,
        pick: Callable[[Any], Any] | None = None,
    ) -> Any:
        """One exchange, kept under `step`; returns the parsed body (or the text).

        `path` is under /api unless it begins with `//outside`. `pick` chooses what of the body is kept.
        """
        answer, body = self.send(method, path, who, json=json, form=form, raw=raw, headers=headers, cookies=cookies)
        request: dict[str, Any] = {"method": method, "path": self.normal(path), "as": who}
        if headers:
            request["headers"] = self.normal(headers)
        if json is not None:
            request["json"] = self.normal(json)
        if raw is not None:
            request["raw"] = raw.decode()[:200] if len(raw) < 5000 else f"<{len(raw)} bytes>"
        if form is not None:
            request["form"] = [self.normal(part.describe()) for part in form]
        self.keep(step, request, self.describe(answer, pick(body) if pick else body))
        return body

    def ask(self, method: str, path: str, who: str = "user", **content: Any) -> Any:
        """An exchange that is not kept, because its answer depends on the moment; returns the body."""
        return self.send(method, path, who, **content)[1]

    def send(
        self,
        method: str,
        path: str,
        who: str,
        *,
        json: Any = None,
        form: list[Part] | None = None,
        raw: bytes | None = None,
        headers: dict[str, str] | None = None,
        cookies: bool = True,
    ) -> tuple[requests.Response, Any]:
        """Sends a request exactly as it is written; the answer and its parsed body."""
        url = self.root + (path.removeprefix("//outside") if path.startswith("//outside") else "/api" + path)
        head = dict(headers or {})
        if (key := self.keys[who]) is not None:
            head["x-api-key"] = key
        body = raw
        if form is not None:
            body, head["Content-Type"] = multipart(form), "multipart/form-data; boundary=" + BOUNDARY
            texts = [part.value.decode() for part in form if part.filename is None]
            self.normal.sent_times.update(text for text in texts if TIME.fullmatch(text))
        prepared = requests.Request(method, url, headers=head, data=body, json=json).prepare()
        prepared.url = url  # as written: no tidying of // and the like
        jar = get_cookie_header(self.session.cookies, prepared)  # type: ignore[no-untyped-call]
        if cookies and jar:
            prepared.headers["Cookie"] = jar
        answer = self.session.send(prepared, timeout=60, allow_redirects=False)
        parsed = self.parse(answer)
        self.answers.append(Answer(method, path.partition("?")[0], answer.status_code, kind_of(answer), parsed))
        return answer, parsed

    @staticmethod
    def parse(answer: requests.Response) -> Any:
        """The body: JSON parsed, text as text, None for anything else."""
        kind = kind_of(answer)
        if kind == "application/json" and answer.content:
            return answer.json()
        return answer.text if kind.startswith("text/") else None

    def describe(self, answer: requests.Response, body: Any) -> dict[str, Any]:
        """The answer in a record."""
        headers = {name: answer.headers[name] for name in KEPT_HEADERS if name in answer.headers}
        headers |= {name: "<set>" for name in NOTED_HEADERS if name in answer.headers}
        kind = kind_of(answer)
        response: dict[str, Any] = {"status": answer.status_code, "type": kind, "headers": headers}
        if kind == "application/json":
            response["body"] = self.normal(body)
        elif kind.startswith("text/"):
            response["body"] = f"<{kind}>" if len(answer.text) > 300 else body
        else:
            response["bytes"] = len(answer.content)
        return response

    def keep(self, step: str, request: dict[str, Any], response: dict[str, Any] | None) -> None:
        """Adds an exchange to the record."""
        self.exchanges.append({"group": self.group_name, "step": step, "request": request, "response": response})

    def cut(self, step: str, path: str, who: str, form: list[Part], share: float = 0.6) -> None:
        """Begins an upload and cuts the connection in the middle. Only the act is recorded: there is no answer."""
        body, parts = multipart(form), urlsplit(self.root)
        head = f"POST /api{path} HTTP/1.1\r\nHost: {parts.netloc}\r\nx-api-key: {self.keys[who]}\r\n"
        head += f"Content-Length: {len(body)}\r\nContent-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n"
        with socket.create_connection((parts.hostname or "", parts.port or 80), timeout=30) as sock:
            sock.sendall(head.encode() + body[: int(len(body) * share)])
            time.sleep(self.poll_seconds)
        time.sleep(2 * self.poll_seconds)
        shown = [part.describe() for part in form]
        self.keep(step, {"method": "POST", "path": path, "as": who, "form": shown, "cut_at": share}, None)

    def wait_idle(self) -> None:
        """Until no queue has anything active, waiting or delayed (twice in a row)."""
        quiet = 0

        def looked_idle_twice() -> bool:
            nonlocal quiet
            jobs = self.ask("GET", "/jobs", "admin")
            counts = [queue["jobCounts"] for queue in jobs.values()]
            quiet = 0 if any(c["active"] or c["waiting"] or c["delayed"] for c in counts) else quiet + 1
            return quiet == 2

        self.wait_for(looked_idle_twice)

    def wait_for(self, test: Callable[[], bool], seconds: float = 60) -> None:
        """Until `test` holds; a connection that is refused or cut meanwhile (a restart) counts as no."""
        end = time.monotonic() + seconds
        while True:
            try:
                if test():
                    return
            except (requests.RequestException, AttributeError):
                pass
            if time.monotonic() > end:
                raise TimeoutError("the server did not come to the awaited state")
            time.sleep(self.poll_seconds)

    def settle(self) -> None:
        """Lets a restarted server come to rest."""
        time.sleep(self.settle_seconds)

    def lines(self) -> list[str]:
        """The record as JSON lines."""
        return [json_module.dumps(exchange, ensure_ascii=False) for exchange in self.exchanges]


def kind_of(answer: requests.Response) -> str:
    """The answer's media type."""
    return answer.headers.get("Content-Type", "").split(";")[0]
