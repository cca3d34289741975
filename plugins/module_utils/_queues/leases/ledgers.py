# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which ledgers the options mean: the one to use, and those to look into as well."""

from __future__ import annotations

from typing import Callable, Collection, Dict, List, Mapping

from ... import _option_names
from ..._client import api, errors
from . import state_folder
from .leases import Leases
from .ledger import AUTO, FILE, SERVER, Ledger, LedgerOptions
from .ledger_file import FileLedger
from .ledger_server import ServerLedger

SCOPES: Mapping[str, str] = {
    "album.read": "find leases on the server",
    "album.create": "write a lease to the server",
    "album.update": "renew a lease on the server",
    "album.delete": "clear a lease from the server",
}


def scopes_to_pause(client: api.Immich, options: LedgerOptions) -> Dict[str, str]:
    """The scopes that a key needs to pause and resume with leases in the ledger that the options mean, and what each is for."""
    return {
        client.queues.scope_to_read(): "list the queues",
        client.queues.scope_to_pause(): "pause and resume queues",
        **(SCOPES if options.kind == SERVER else {}),
    }


def open_leases(
    client: api.Immich, options: LedgerOptions, released: Callable[[str, Collection[str]], None] = lambda _lease, _queues: None
) -> Leases:
    """The leases in the ledger that the options mean, to change them. For `released` see `Leases`."""
    return Leases(client, choose_ledger(client, options), released)


def choose_ledger(client: api.Immich, options: LedgerOptions, *, leasing: bool = False, read_only: bool = False) -> Ledger:
    """The ledger that the options mean. With `leasing`, one that will not last gets a warning.

    With `auto` it is the server inside a container, which goes away with what lies in it, unless a directory (a volume,
    then) is given or the key may not keep albums; everywhere else it is a file.
    """
    if options.kind == SERVER:
        client.require(SCOPES)
        return ServerLedger(client, options.directory)
    in_file = FileLedger(options.directory, client.connection.root, read_only=read_only)
    if not state_folder.is_file_ledger(options):
        missing = [scope for scope in SCOPES if not client.has_scope(scope)]
        if not missing:
            return ServerLedger(client, options.directory)
        if leasing:
            in_file.warnings.append(
                _option_names.name_options(
                    "This runs in a container, and the API key lacks %s, so the lease is recorded in a file in the container instead of on "
                    "the server. If the container is removed, queues may stay paused. Add the scopes, or set O(ledger_dir) to a volume.",
                    "ledger_dir",
                )
                % ", ".join(missing)
            )
    return in_file


def other_ledgers(client: api.Immich, options: LedgerOptions, chosen: Ledger, *, read_only: bool) -> List[Ledger]:
    """The ledgers that are to be swept in addition to the `chosen` one: only `auto` has any, and only as far as the key may."""
    if options.kind != AUTO:
        return []
    ledgers = all_ledgers(client, options, read_only=read_only)
    for ledger in ledgers:
        ledger.warnings.clear()  # a task that pauses or resumes did not ask for what is elsewhere
    return [ledger for ledger in ledgers if ledger.kind != chosen.kind and (client.permissions is not None or _readable(ledger))]


def _readable(ledger: Ledger) -> bool:
    """Whether the key may read the ledger, where its scopes are not known (before 1.139)."""
    try:
        ledger.records()
    except errors.PermissionDenied:
        return False
    return True


def all_ledgers(client: api.Immich, options: LedgerOptions, *, read_only: bool) -> List[Ledger]:
    """All ledgers to look into, or to sweep: with `auto` the file of this host and, as far as the key may, the server.

    When the key may not, that is said in the file's warnings.
    """
    scopes = {"album.read": SCOPES["album.read"]} if read_only else SCOPES
    ledgers: List[Ledger] = []
    kind, directory = options.kind, options.directory
    if kind in (AUTO, FILE):
        ledgers.append(FileLedger(directory, client.connection.root, read_only=read_only))
    if kind == SERVER:
        client.require(scopes)
    missing = [scope for scope in scopes if not client.has_scope(scope)]
    if kind == SERVER or (kind == AUTO and not missing):
        ledgers.append(ServerLedger(client, directory))
    elif kind == AUTO:
        ledgers[0].warnings.append(
            _option_names.name_options(
                "The API key lacks %s, so leases that are recorded on the server were not looked for. If there are none, set O(ledger) to "
                "file.",
                "ledger",
            )
            % ", ".join(missing)
        )
    return ledgers
