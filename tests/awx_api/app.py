# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP side: authentication, lists with filters and pages, things, and the lists and surveys that belong to a thing."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from awx_api.kinds import KINDS
from awx_api.store import API, Refused, Store

HEADERS = {"X-API-Product-Name": "AWX", "X-API-Product-Version": "24.6.1"}
PLATFORM = "Red Hat Ansible Automation Platform"
USER, PASSWORD, TOKEN = "admin", "the-password", "the-token"
PAGE = 25
DELETED_LATER = ("inventories",)


class App:
    """The application over a store, as AWX or as the controller of Ansible Automation Platform, which answers below another path.

    `requests` are those that came in, as METHOD and path.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._headers = HEADERS | ({} if store.api == API else {"X-API-Product-Name": PLATFORM})
        self.requests: list[tuple[str, str]] = []
        self.tokens = 0
        """How many tokens that were made for a user and a password are still valid."""
        methods = ["GET", "POST", "PATCH", "DELETE"]
        self.asgi = Starlette(routes=[Route(f"{store.api}/{{path:path}}", self.answer, methods=methods)])

    async def answer(self, request: Request) -> Response:
        """Answers one request."""
        self.requests.append((request.method, request.url.path))
        path = request.path_params["path"]
        if not path.endswith("/"):
            return JSONResponse({"detail": "Not found."}, 404, self._headers)
        body = await request.body()
        try:
            parts = path.rstrip("/").split("/")
            if parts[0] == "tokens":
                return self._tokens(request)
            if request.headers.get("authorization") != f"Bearer {TOKEN}":
                raise Refused(401, {"detail": "Authentication credentials were not provided."})
            status, found = self._route(request, parts, json.loads(body) if body else {})
        except Refused as refused:
            return JSONResponse(refused.body, refused.status, self._headers)
        return Response(status_code=status, headers=self._headers) if found is None else JSONResponse(found, status, self._headers)

    def _tokens(self, request: Request) -> Response:
        basic = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {basic}":
            return JSONResponse({"detail": "Invalid username/password."}, 401, self._headers)
        if request.method == "DELETE":
            self.tokens -= 1
            return Response(status_code=204, headers=self._headers)
        self.tokens += 1
        return JSONResponse({"id": 1, "token": TOKEN}, 201, self._headers)

    def _route(self, request: Request, parts: list[str], body: Any) -> tuple[int, Any]:
        kind, *rest = parts
        if kind not in KINDS and kind != "unified_job_templates":
            raise Refused(404, {"detail": "Not found."})
        if not rest:
            return self._collection(request, kind, body)
        if not rest[0].isdecimal() or kind == "unified_job_templates":
            raise Refused(404, {"detail": "Not found."})
        number = int(rest[0])
        self.store.get(kind, number)
        if len(rest) == 1:
            return self._thing(request.method, kind, number, body)
        if rest[1:] == ["survey_spec"] and KINDS[kind].has_survey:
            return self._survey(request.method, number, body)
        if len(rest) == 2 and rest[1] in KINDS[kind].lists:
            return self._list_of(request, kind, number, rest[1], body)
        raise Refused(404, {"detail": "Not found."})

    def _collection(self, request: Request, kind: str, body: Any) -> tuple[int, Any]:
        if request.method == "GET":
            return 200, self._page(request, kind, self.store.lists(kind, self._filters(request)))
        if request.method != "POST" or kind in ("unified_job_templates", "project_updates", "instances"):
            raise Refused(405, {"detail": "Method not allowed."})
        made = self.store.create(kind, body)
        shown = self.store.shown(kind, made)
        made.pop("update", None)  # it is done, and only the answer to this request still has it as the current one
        return 201, shown

    def _thing(self, method: str, kind: str, number: int, body: Any) -> tuple[int, Any]:
        if method == "GET":
            return 200, self.store.shown(kind, self.store.get(kind, number))
        if method == "PATCH":
            return 200, self.store.shown(kind, self.store.change(kind, number, body))
        if method == "DELETE":
            self.store.delete(kind, number)
            return (202, {}) if kind in DELETED_LATER else (204, None)
        raise Refused(405, {"detail": "Method not allowed."})

    def _survey(self, method: str, number: int, body: Any) -> tuple[int, Any]:
        if method == "GET":
            return 200, self.store.surveys.get(number, {})
        if method == "POST":
            self.store.set_survey(number, body)
        else:
            self.store.surveys.pop(number, None)
        return 200, {}

    def _list_of(self, request: Request, kind: str, number: int, name: str, body: Any) -> tuple[int, Any]:
        to = KINDS[kind].lists[name]
        if request.method == "GET":
            return 200, self._page(request, to, [self.store.get(to, one) for one in self.store.joined[kind, number, name]])
        if not isinstance(body.get("id"), int) or set(body) - {"id", "disassociate"}:
            raise Refused(400, {"msg": '"id" field must be an integer.'})
        if body.get("disassociate"):
            self.store.part(kind, number, name, body["id"])
        else:
            self.store.join(kind, number, name, body["id"])
        return 204, None

    @staticmethod
    def _filters(request: Request) -> dict[str, str]:
        return {name: value for name, value in request.query_params.items() if name not in ("page", "page_size", "order_by")}

    def _page(self, request: Request, kind: str, things: list[dict[str, Any]]) -> dict[str, Any]:
        size, number = int(request.query_params.get("page_size", PAGE)), int(request.query_params.get("page", 1))
        if number > 1 and (number - 1) * size >= len(things):
            raise Refused(404, {"detail": "Invalid page."})

        def page(to: int) -> str:
            return f"{request.url.path}?{urlencode({**request.query_params, 'page': to})}"

        return {
            "count": len(things),
            "next": page(number + 1) if number * size < len(things) else None,
            "previous": page(number - 1) if number > 1 else None,
            "results": [self.store.shown(kind, thing) for thing in things[(number - 1) * size : number * size]],
        }
