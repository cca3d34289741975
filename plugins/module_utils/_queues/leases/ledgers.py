# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which ledger to use. Private to the collection."""

from __future__ import annotations

from typing import List, Mapping, Optional

from ..._client import api, errors
from . import state_folder
from .ledger import AUTO, FILE, SERVER, Ledger
from .ledger_file import FileLedger
from .ledger_server import ServerLedger

SCOPES: Mapping[str, str] = {
    "album.read": "find leases on the server",
    "album.create": "write a lease to the server",
    "album.update": "renew a lease on the server",
    "album.delete": "clear a lease from the server",
}


def choose_ledger(client: api.Immich, kind: str, ledger_dir: Optional[str], *, leasing: bool, read_only: bool) -> Ledger:
    """The ledger that the options `ledger` and `ledger_dir` mean. With `leasing`, one that will not last gets a warning.

    With `auto` it is the server inside a container, which goes away with what lies in it, unless a `ledger_dir` (a volume,
    then) is given or the key may not keep albums; everywhere else it is a file.
    """
    if kind == SERVER:
        client.require(SCOPES)
        return ServerLedger(client, ledger_dir)
    in_file = FileLedger(ledger_dir, client.connection.root, read_only=read_only)
    if not state_folder.is_file_ledger(kind, ledger_dir):
        missing = [scope for scope in SCOPES if not client.may(scope)]
        if not missing:
            return ServerLedger(client, ledger_dir)
        if leasing:
            in_file.warnings.append(
                "This runs in a container, and the API key lacks %s, so the lease is recorded in a file in the container instead of on the "
                "server. If the container is removed, queues may stay paused. Add the scopes, or set ledger_dir to a volume."
                % ", ".join(missing)
            )
    return in_file


def other_ledgers(client: api.Immich, kind: str, ledger_dir: Optional[str], chosen: Ledger, *, read_only: bool) -> List[Ledger]:
    """The ledgers that are to be swept beside the `chosen` one: only `auto` has any, and only as far as the key may."""
    if kind != AUTO:
        return []
    found = all_ledgers(client, kind, ledger_dir, read_only=read_only)
    for ledger in found:
        ledger.warnings.clear()  # a task that pauses or resumes did not ask for what is elsewhere
    return [ledger for ledger in found if ledger.kind != chosen.kind and (client.permissions is not None or _readable(ledger))]


def _readable(ledger: Ledger) -> bool:
    """Whether the key may read the ledger, where the server cannot tell without being asked (before 1.139)."""
    try:
        ledger.records()
    except errors.PermissionDenied:
        return False
    return True


def all_ledgers(client: api.Immich, kind: str, ledger_dir: Optional[str], *, read_only: bool) -> List[Ledger]:
    """All ledgers to look into, or to sweep: with `auto` the file of this host and, as far as the key may, the server.

    When the key may not, that is said in the file's warnings.
    """
    scopes = {"album.read": SCOPES["album.read"]} if read_only else SCOPES
    found: List[Ledger] = []
    if kind in (AUTO, FILE):
        found.append(FileLedger(ledger_dir, client.connection.root, read_only=read_only))
    if kind == SERVER:
        client.require(scopes)
    missing = [scope for scope in scopes if not client.may(scope)]
    if kind == SERVER or (kind == AUTO and not missing):
        found.append(ServerLedger(client, ledger_dir))
    elif kind == AUTO:
        found[0].warnings.append(
            "The API key lacks %s, so leases that are recorded on the server were not looked for. If there are none, set ledger to file."
            % ", ".join(missing)
        )
    return found
