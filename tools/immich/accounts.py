# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`accounts.py URL`: makes an administrator and a user on a new Immich, and prints their keys as `export` lines for a shell."""

from __future__ import annotations

import json
import sys
import urllib.request
from collections.abc import Mapping

ADMIN = {"email": "admin@example.com", "password": "admin-password", "name": "Admin"}
USER = {"email": "user@example.com", "password": "user-password", "name": "User", "shouldChangePassword": False}


def main(url: str) -> None:
    """Prints IMMICH_URL, IMMICH_API_KEY (the user's) and IMMICH_ADMIN_API_KEY. Raises HTTPError where the server is not new."""
    _post(url, "auth/admin-sign-up", ADMIN)
    admin = _log_in(url, ADMIN)
    _post(url, "admin/users", USER, admin)
    print(f"export IMMICH_URL={url}")
    print(f"export IMMICH_API_KEY={_make_key(url, _log_in(url, USER))}")
    print(f"export IMMICH_ADMIN_API_KEY={_make_key(url, admin)}")


def _log_in(url: str, account: Mapping[str, object]) -> str:
    return _post(url, "auth/login", {"email": account["email"], "password": account["password"]})["accessToken"]


def _make_key(url: str, session: str) -> str:
    return _post(url, "api-keys", {"name": "tests", "permissions": ["all"]}, session)["secret"]


def _post(url: str, path: str, body: Mapping[str, object], session: str | None = None) -> dict[str, str]:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {session}"} if session else {})
    request = urllib.request.Request(f"{url}/api/{path}", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        document: dict[str, str] = json.load(answer)
    return document


if __name__ == "__main__":
    main(*sys.argv[1:])
