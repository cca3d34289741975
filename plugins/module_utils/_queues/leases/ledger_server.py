# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ledger on the Immich server itself: an empty album a lease, for plays whose host goes away with them.

The album's name is a sentence for people, its description the record. When the lease was last renewed is the album's own
`updatedAt`, and now is what the server's answers say: one clock for all hosts, and a renewal rewrites nothing but the name.
"""

from __future__ import annotations

import json
import re
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import Collection, Iterator, List, Optional, Sequence

from ... import _text, _times
from ..._client import api, errors, values
from .. import processes
from . import ledger, state_folder
from .record import LeaseRecord

_NOTE = (
    "Made by the Ansible collection photoyard.immich, and removed by it when the queues run again. "
    "If you delete this album by hand, resume the queues by hand too, under Administration → Job Queues."
)
_NOTE_OF_WORK = "Made by the Ansible collection photoyard.immich, and removed by it when this work has ended."
_NAMED, _NAMED_OF_WORK = "Background jobs paused by %s until %s", "Under way: %s, until %s"
_TIME = r"(?:\d{4}-\d\d-\d\d )?\d\d:\d\d.*"
_NAME = re.compile("|".join(name % (".+", _TIME) for name in (_NAMED, _NAMED_OF_WORK)))  # also without what the description says
_A_DAY = 86400
_LONGEST_SHOWN = 100  # characters


class ServerLedger:
    """A `ledger.Ledger`. The albums belong to the key's user: the keys of all who share a ledger must be of one user."""

    kind = ledger.SERVER
    serialised = False
    any_key_renews = False
    costs_requests = True

    def __init__(self, client: api.Immich, directory: Optional[str] = None) -> None:
        self._client = client
        self.directory = directory or state_folder.default_directory()
        self.warnings: List[str] = []

    @contextmanager
    def turn(self, *, adding: bool = False) -> Iterator[None]:
        yield  # nothing can be locked over HTTP; see `ledger.Ledger` for what makes that safe

    def records(self) -> List[LeaseRecord]:
        records = [self._record(album) for album in self._client.albums.mine() if album.owned]
        return [record for record in records if record is not None]

    def fresh(self, record: LeaseRecord) -> Optional[LeaseRecord]:
        try:
            return self._record(self._client.albums.get(record.id))
        except errors.NotFound:
            return None

    def add(
        self, lease: str, queues: Sequence[str], ttl: float, *, intent: bool = False, owners: Sequence[processes.Owner] = ()
    ) -> LeaseRecord:
        record = LeaseRecord("", lease, tuple(queues), frozenset(), ttl, 0.0, ledger.this_host(), intent, tuple(owners))
        description = _description(record)
        return replace(record, id=self._client.albums.create(_sentence(record), description).id)

    def renew(self, record: LeaseRecord, ttl: float) -> bool:
        description = None
        if ttl != record.ttl:
            fresh = self.fresh(record)
            if fresh is None:
                return False
            description = _description(replace(fresh, ttl=ttl))
        return self._update(record, _sentence(replace(record, ttl=ttl)), description)

    def keep(self, record: LeaseRecord, owners: Sequence[processes.Owner]) -> bool:
        fresh = self.fresh(record)
        if fresh is None:
            return False
        return self._update(record, None, _description(replace(fresh, owners=tuple(owners))))

    def change(self, record: LeaseRecord, queues: Sequence[str], released: Collection[str]) -> bool:
        # Nothing keeps others from writing since `record` was read: what they took out of it must not come back.
        fresh = self.fresh(record)
        if fresh is None:
            return False
        rest = tuple(name for name in fresh.queues if name in queues)
        changed = replace(fresh, queues=rest, released=(fresh.released | frozenset(released)) & frozenset(rest))
        return self._update(record, None, _description(changed))

    def remove(self, record: LeaseRecord) -> None:
        try:
            album = self._client.albums.get(record.id)
            if album.asset_count:
                self._client.albums.update(record.id, "Photos from a lease's album", "")
                self.warnings.append("The album of the lease %s contains photos, so it was renamed instead of deleted." % record.lease)
            else:
                self._client.albums.delete(record.id)
        except errors.NotFound:
            pass

    def _update(self, record: LeaseRecord, name: Optional[str], description: Optional[str]) -> bool:
        """Whether the album was there."""
        try:
            self._client.albums.update(record.id, name, description)
        except errors.NotFound:
            return False
        except errors.ServerFailure:
            if self.fresh(record) is not None:
                raise
            return False  # Immich answers 500 for an album that goes after it has looked at it
        return True

    def now(self) -> float:
        return self._client.server_time

    def _record(self, album: values.Album) -> Optional[LeaseRecord]:
        if values.LEASE_MARK not in album.description:
            if _NAME.fullmatch(album.name):
                self._warn(album, "its description, which named the queues, is gone")
            return None
        try:
            document = ledger.parse_object(album.description, values.LEASE_MARK)
            updated = _times.seconds_of_iso(album.updated)
            if updated is None:
                raise ledger.DamagedRecord("updatedAt")
            return ledger.record_from_json(document, album.id, self.now() - updated)
        except ledger.OtherVersion as exc:
            reason = str(exc)
        except ledger.DamagedRecord:
            reason = "its description is damaged"
        self._warn(album, reason)
        return None

    def _warn(self, album: values.Album, reason: str) -> None:
        warning = (
            "The album '%s' (%s) looks like a lease but is left alone: %s. If a queue stays paused that was not paused by hand, "
            "resume it with immich_jobs and state: running, and delete the album."
            % (_text.one_line(album.name, _LONGEST_SHOWN, instead="?"), album.id, reason)
        )
        if warning not in self.warnings:
            self.warnings.append(warning)


def _sentence(record: LeaseRecord) -> str:
    until = time.localtime(time.time() + record.ttl)
    moment = time.strftime("%H:%M %Z" if record.ttl < _A_DAY else "%Y-%m-%d %H:%M %Z", until)
    return (_NAMED if record.queues else _NAMED_OF_WORK) % (record.lease, moment)


def _description(record: LeaseRecord) -> str:
    written = ledger.record_to_json(
        record.lease, record.queues, record.released, record.ttl, intent=record.intent, host=record.host, owners=record.owners
    )
    note = _NOTE if record.queues else _NOTE_OF_WORK
    return json.dumps({"note": note, values.LEASE_MARK: {"version": ledger.RECORD_VERSION, **written}}, ensure_ascii=False)
