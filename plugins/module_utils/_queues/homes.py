# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which of the ledger's homes to use. Private to the collection."""

from __future__ import annotations

from typing import List, Mapping, Optional

from .._client.api import Immich
from .._client.errors import PermissionDenied
from . import folder
from .ledger import AUTO, FILE, SERVER, Home
from .ledger_file import FileHome
from .ledger_server import ServerHome

SCOPES: Mapping[str, str] = {
    "album.read": "find leases on the server",
    "album.create": "write a lease to the server",
    "album.update": "renew a lease on the server",
    "album.delete": "clear a lease from the server",
}


def choose(client: Immich, ledger: str, ledger_dir: Optional[str], *, leasing: bool, read_only: bool) -> Home:
    """The home that the options `ledger` and `ledger_dir` mean. With `leasing`, one that will not last gets a warning.

    With `auto` it is the server inside a container, which goes away with what lies in it, unless a `ledger_dir` (a volume,
    then) is given or the key may not keep albums; everywhere else it is a file.
    """
    if ledger == SERVER:
        client.require(SCOPES)
        return ServerHome(client)
    file_home = FileHome(ledger_dir, client.connection.root, read_only=read_only)
    if not folder.keeps_ledger(ledger, ledger_dir):
        missing = [scope for scope in SCOPES if not client.may(scope)]
        if not missing:
            return ServerHome(client)
        if leasing:
            file_home.warnings.append(
                "This runs in a container, and the API key lacks %s to keep the lease on the server, so it is kept in a file that goes "
                "away with the container. If the container is killed, nothing is left to resume the queues from." % ", ".join(missing)
            )
    return file_home


def others(client: Immich, ledger: str, ledger_dir: Optional[str], chosen: Home, *, read_only: bool) -> List[Home]:
    """The homes that are to be swept beside the `chosen` one: only `auto` has any, and only as far as the key may."""
    if ledger != AUTO:
        return []
    found = every(client, ledger, ledger_dir, read_only=read_only)
    for home in found:
        home.warnings.clear()  # whoever only pauses or resumes did not ask for what is elsewhere
    return [home for home in found if home.kind != chosen.kind and (client.permissions is not None or _readable(home))]


def _readable(home: Home) -> bool:
    """Whether the key may read the home, where the server cannot tell without being asked (before 1.139)."""
    try:
        home.records()
    except PermissionDenied:
        return False
    return True


def every(client: Immich, ledger: str, ledger_dir: Optional[str], *, read_only: bool) -> List[Home]:
    """All homes to look into, or to sweep: with `auto` the file of this host and, as far as the key may, the server.

    When the key may not, that is said in the file's warnings.
    """
    scopes = {"album.read": SCOPES["album.read"]} if read_only else SCOPES
    found: List[Home] = []
    if ledger in (AUTO, FILE):
        found.append(FileHome(ledger_dir, client.connection.root, read_only=read_only))
    if ledger == SERVER:
        client.require(scopes)
    missing = [scope for scope in scopes if not client.may(scope)]
    if ledger == SERVER or (ledger == AUTO and not missing):
        found.append(ServerHome(client))
    elif ledger == AUTO:
        found[0].warnings.append(
            "The API key lacks %s, so leases that are kept on the server were not looked for. If there are none, set ledger to file."
            % ", ".join(missing)
        )
    return found
