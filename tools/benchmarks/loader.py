# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bare parallel loader: `loader.py CLIENTS FOLDER`. What requests and requests-toolbelt can do, and nothing else.

No checksums, no albums, no retries, no check of what is there already: what an upload costs at least with these libraries. Server and
key are in the environment.
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import local

import requests
from requests_toolbelt import MultipartEncoder

URL = os.environ["IMMICH_URL"].rstrip("/").removesuffix("/api") + "/api/assets"
KEY = os.environ["IMMICH_API_KEY"]
kept = local()


def send(path: str) -> None:
    """Uploads one file."""
    if not hasattr(kept, "session"):
        kept.session = requests.Session()
    moment = datetime.fromtimestamp(os.stat(path).st_mtime, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    with open(path, "rb") as stream:
        fields = {
            "deviceAssetId": path,
            "deviceId": "loader",
            "fileCreatedAt": moment,
            "fileModifiedAt": moment,
            "assetData": (os.path.basename(path), stream, "application/octet-stream"),
        }
        form = MultipartEncoder(fields)
        answer = kept.session.post(URL, data=form, headers={"x-api-key": KEY, "Content-Type": form.content_type}, timeout=600)
    answer.raise_for_status()


def main() -> None:
    """Uploads every file of the folder."""
    clients, folder = int(sys.argv[1]), sys.argv[2]
    paths = [os.path.join(where, name) for where, _folders, names in os.walk(folder) for name in names]
    with ThreadPoolExecutor(clients) as pool:
        for _ in pool.map(send, paths):
            pass


if __name__ == "__main__":
    main()
