# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The second act: a server that was just installed becomes a declared one, and the same again changes nothing."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

from ansible_collections.photoyard.immich.plugins.module_utils._client.endpoints.objects import ObjectCalls
from demo.playbook import Playbook
from demo.words import check, head, line
from immich_emulator.testing import Emulator
from support.collection import ApiKey, Connection, Immich
from support.http.wire import writes

ANNA, PASSWORD = "anna@example.com", "only for this demo"
DECLARED: dict[str, Any] = {
    "immich_server_admin": {"email": "admin@example.com", "password": PASSWORD},
    "immich_server_config": {"trash": {"days": 60}, "library": {"scan": {"cronExpression": "0 3 * * *"}}},
    "immich_server_users": [{"email": ANNA, "name": "Anna", "password": PASSWORD, "quota": "50GiB"}],
    "immich_server_albums": [{"name": "Family", "users": [{"email": ANNA, "role": "viewer"}]}],
}


def declare_server(work: Path) -> list[bool]:
    """Declares an empty embedded server twice; whether each thing is as it should be."""
    head("The second act: a server that was just installed is declared")
    media = work / "nas"
    media.mkdir()
    key_file = work / "admin.key"
    library = {"name": "NAS", "owner": ANNA, "import_paths": [str(media)]}
    playbook = Playbook(work)
    with Emulator(version="3.1", empty=True) as server:
        connection = {
            "immich_url": server.url,
            "immich_api_key": "",
            "immich_admin_api_key": "",
            "immich_admin_api_key_file": str(key_file),
        }
        variables = connection | DECLARED | {"immich_server_libraries": [library]}
        line("  An administrator, a key, a user, a library, an album, and two settings of the configuration:\n")
        first = playbook.declare(variables, "--diff")
        found = look(server, key_file) if first[0] == 0 else []
        head("The same again: everything is as declared")
        seen = len(server.requests())
        second = playbook.declare(variables, "--diff")
        written = writes(server, since=seen)
    head("Is the declared server as it should be?")
    return [
        check(first[0] == 0 and second[0] == 0, f"The first run: {first[2]}"),
        check(found == [ANNA, "NAS", "Family", "60"], "The server has the user, the library, the album and the setting", ", ".join(found)),
        check(second[1] == 0, f"The second run, changed={second[1]}: {second[2]}"),
        check(not written, "The second run wrote nothing on the wire", ", ".join(written[:5])),
    ]


def look(server: Emulator, key_file: Path) -> list[str]:
    """What the server has, asked with the key that was made."""
    with closing(Immich(Connection(server.url, ApiKey(key_file.read_text().strip())), read_only=True)) as client:
        objects = ObjectCalls(client)
        users, libraries, albums = (objects.read_list(path) for path in ("/admin/users", "/libraries", "/albums"))
        config = objects.read_one("/system-config")
    emails = [one["email"] for one in users if not one["isAdmin"]]
    return [*emails, *(one["name"] for one in libraries), *(one["albumName"] for one in albums), str(config["trash"]["days"])]
