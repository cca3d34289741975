# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Leases on the pause of queues: who holds which, until when.

The order of the steps is what keeps the two promises, that no pause of ours outlives its leases and that a pause of
others is never undone, whatever dies when:

* to hold: look, add a record that names the queues, pause them, read back;
* to release: mark the record, look who else holds them, resume the others, read back, remove the record last.

So a queue that we pause is named by a record from before until after, and any process that finds the record can finish
what was begun. What cannot be distinguished is who paused a queue while a record names it: such a pause ends with the lease.

When a lease has run out, a queue of it that runs was resumed by an administrator, and a pause from then on is the administrator's.
Only a look at that time can show it. So everyone who looks at queues, those who keep other leases alive included, ends what has run out.
"""

from __future__ import annotations

import secrets
import time
from contextlib import suppress
from types import MappingProxyType
from typing import Callable, Collection, Dict, List, Mapping, Optional, Sequence, Set, Tuple

from ..._client import api, errors, values, waits
from .. import control, names, processes
from . import state_folder
from .ledger import Ledger, check_ttl
from .record import Hold, LeaseRecord, Release, leases_by_queue, named_queues, plan_hold

_BETWEEN_ROUNDS = 0.1

# How long a record of an intent to pause queues again may stand.
_INTENT_TTL = 60.0

LONGEST_RELEASE = 60.0
"""Seconds for which a lease that the ledger has lost is written down again for its release."""

# Seconds of a lease that is written down only so that a sweep ends it.
_NO_TIME = 1e-3

# Between two requests that pause queues there are milliseconds. A process to which it is longer, in seconds, may have been stopped.
_STOPPED_AFTER = 1.0

# Seconds that a release may take whose steps others see, retries included. One that has taken longer has died over it.
_RELEASE_TAKES = 10.0


class _Swept(Exception):
    """A lease was ended while this process, which was taking it, was stopped."""


class Leases:
    """The leases of one ledger. Every method may raise an `ImmichError`.

    Those that resume queues add what they do to the `Release` that they are given, which has it also when they raise, and return it.
    `released` is called with a lease and queues of it that run again or that others hold, before its record goes.
    """

    def __init__(
        self, client: api.Immich, ledger: Ledger, released: Callable[[str, Collection[str]], None] = lambda _lease, _queues: None
    ) -> None:
        self._client = client
        self.ledger = ledger
        self._released = released
        self._intent: Optional[str] = None
        self.last_read: List[LeaseRecord] = []
        """The records as `read` found them last; none where it failed."""

    def read(self) -> List[LeaseRecord]:
        """The ledger's records."""
        self.last_read = []
        self.last_read = self.ledger.records()
        return self.last_read

    def hold(
        self,
        lease: str,
        chosen: Sequence[str],
        ttl: float,
        owners: Sequence[processes.Owner] = (),
    ) -> Hold:
        """Pauses those of `chosen` that run, and holds them and those that other leases hold, for `ttl` seconds from now.

        When none of `owners` lives any more, the lease ends before that; without any it is for tasks to come. Queues that fail to be
        paused are held all the same, so that a renewal tries again and a release undoes everything.

        Who sweeps a lease resumes its queues before its record goes. So what is paused after that, but for the queue whose request was
        under way, is paused by others.
        """
        check_ttl(ttl)
        under_way: List[str] = []
        for _round in range(control.ROUNDS):
            with suppress(_Swept), self.ledger.turn(adding=True):
                records, queues = self._settled(chosen)
                done = self._plan_hold(records, queues, lease, chosen, under_way)
                mine = [record for record in records if record.lease == lease and record.live]
                if done.renewed_only and not done.paused and all(self._renew_for(record, ttl, owners) for record in mine):
                    return done
                done.renewed_only = False
                # Never a queue more in an old record: it may be about to be removed by a process that takes it for expired.
                new = self.ledger.add(lease, done.held, ttl, owners=owners)
                for record in mine:
                    self.ledger.remove(record)
                check_record = self._check_of_record(new, under_way)
                outcome = control.set_queues_paused(self._client, done.after, done.held, True, before_each=check_record)
                done.paused, done.failed, done.after = outcome.changed, outcome.failed, outcome.after
                # Its time counts from now on: pausing may have taken so long that it was swept.
                if not self.ledger.renew(new, ttl):
                    self.ledger.add(lease, done.held, ttl, owners=owners)
                return done
        raise errors.LocalFailure("This process was stopped again and again while it paused queues. Try again.")

    @staticmethod
    def _plan_hold(
        records: Sequence[LeaseRecord], queues: Sequence[values.Queue], lease: str, chosen: Sequence[str], under_way: Sequence[str]
    ) -> Hold:
        """`under_way` is what this process may have paused in vain."""
        ours = named_queues(records)
        queues = [queue._replace(paused=queue.paused and (queue.name in ours or queue.name not in under_way)) for queue in queues]
        done = plan_hold(records, queues, lease, chosen)
        done.after = queues
        return done

    def _check_of_record(self, new: LeaseRecord, under_way: List[str]) -> Callable[[str], None]:
        """What is called before each request that pauses a queue: it raises `_Swept` if the record is gone, else notes the queue."""
        looked = time.monotonic()

        def check(name: str) -> None:
            nonlocal looked
            before, looked = looked, time.monotonic()
            if looked - before >= _STOPPED_AFTER and self.ledger.fresh(new) is None:
                raise _Swept
            under_way[:] = [name]

        return check

    def _renew_for(self, record: LeaseRecord, ttl: float, owners: Sequence[processes.Owner]) -> bool:
        """Renews a lease that is taken again, maybe by others."""
        return self.ledger.renew(record, ttl) and (tuple(owners) == record.owners or self.ledger.keep(record, owners))

    def join(self, lease: str, owners: Sequence[processes.Owner]) -> None:
        """Adds processes to those that keep the lease alive, unless it is one for tasks to come. Without any, it has its time alone."""
        for record in self.ledger.records():
            if record.lease == lease and record.owners:
                self.ledger.keep(record, [*(owner for owner in record.owners if not owner.has_ended), *owners] if owners else ())

    def leave(self, lease: str, owners: Sequence[processes.Owner]) -> None:
        """Takes them away again."""
        for record in self.ledger.records():
            rest = [owner for owner in record.owners if owner not in owners]
            if record.lease == lease and rest and len(rest) < len(record.owners):
                self.ledger.keep(record, rest)

    def records_of(self, lease: str, known: Sequence[LeaseRecord] = ()) -> List[LeaseRecord]:
        """The lease's records as they are now. The whole ledger is read only when one of those that are `known` is gone, or none is."""
        current = [self.ledger.fresh(record) for record in known]
        remaining = [record for record in current if record is not None]
        return (
            remaining
            if current and len(remaining) == len(current)
            else [record for record in self.ledger.records() if record.lease == lease]
        )

    def lost(self, lease: str, known: Sequence[str]) -> List[str]:
        """Which of the queues that the lease was `known` to hold nobody would resume, because the ledger has lost the lease.

        Who ends a lease resumes its queues before its record goes, and who takes a queue from a lease leaves the record. So a lease has
        vanished (a file was deleted, an album) when there is no record of it, and a queue of it is paused that no other record names.
        """
        records = self.ledger.records() if known else []
        if not known or any(record.lease == lease for record in records):
            return []
        ours = named_queues(records)
        # Looked at after the records: a queue that was resumed before a record went is seen to run.
        return [queue.name for queue in self._client.queues.all() if queue.paused and queue.name in known and queue.name not in ours]

    def recover(self, lease: str, known: Sequence[str], ttl: float, owners: Sequence[processes.Owner] = ()) -> List[str]:
        """Writes a lease down again that the ledger has lost, for `ttl` seconds from now. Returns the queues, none if it was not lost."""
        if not self.lost(lease, known):
            return []
        with self.ledger.turn(adding=True):
            lost = self.lost(lease, known)
            if lost:
                self.ledger.add(lease, lost, ttl, owners=owners)
            return lost

    def end_lost(self, lease: str, known: Sequence[str], done: Release, *, ttl: float) -> None:
        """Before a release: what the ledger has lost is written down again. Where that cannot be, the queues are resumed at once."""
        try:
            self.recover(lease, known, ttl)
        except (errors.LocalFailure, errors.PermissionDenied):
            self._resume_lost(lease, known, done)

    def _resume_lost(self, lease: str, known: Sequence[str], done: Release) -> None:
        outcome = control.set_queues_paused(self._client, self._client.queues.all(), self.lost(lease, known), False)
        self._tell_guards(lease, outcome.changed)
        done.add(Release([lease], outcome.changed, [], outcome.failed, set(outcome.changed)))

    def end_expired(self, lease: str, known: Sequence[str]) -> Release:
        """Ends all leases that have run out, and this one if it was lost: its holder, if alive, would have written it again."""
        done = Release()
        self.end_lost(lease, known, done, ttl=_NO_TIME)
        return self.sweep(done, known={lease: known})

    def release(self, lease: str, known: Sequence[str] = (), done: Optional[Release] = None, *, ttl: float = LONGEST_RELEASE) -> Release:
        """Ends the lease and resumes the queues that no other lease holds. Without such a lease nothing happens.

        `known` are the queues that it is known to hold, should the ledger have lost it: then it is written down for `ttl` seconds at most.
        """
        done = Release() if done is None else done
        self.end_lost(lease, known, done, ttl=min(ttl, LONGEST_RELEASE))
        with self.ledger.turn():
            records = self.ledger.records()
            ending = [record for record in records if record.lease == lease]
            if self.ledger.serialised:
                # Who pauses again does so in a turn: an intent seen here was left by a process that died.
                ending += [record for record in records if record.intent and record.lease.startswith(_intents_of(lease))]
            self._end(ending, done, known={lease: known})
        return done

    def begin_release(self, lease: str) -> None:
        """Only marks the lease as one that is being released, for a process whose key may resume queues."""
        with self.ledger.turn():
            for record in self.ledger.records():
                if record.lease == lease:
                    self.ledger.change(record, record.queues, record.queues)

    def release_queues(
        self, chosen: Sequence[str], lease: Optional[str] = None, done: Optional[Release] = None, known: Sequence[str] = ()
    ) -> Release:
        """Takes some queues from a lease, or from all of them, and resumes those that no lease holds then. The leases go on.

        `known` are all that the one lease is known to hold, should the ledger have lost it.
        """
        done = Release() if done is None else done
        with self.ledger.turn():
            records = [record for record in self.ledger.records() if lease in (None, record.lease)]
            affected = [record for record in records if set(chosen) & set(record.queues)]
            self._end(affected, done, chosen, {lease: known} if lease is not None and not records else {})
        return done

    def forget(self, chosen: Sequence[str]) -> bool:
        """Takes queues out of all records, so that their pause is an administrator's from now on; whether any was in one."""
        forgotten = False
        with self.ledger.turn():
            for record in self.ledger.records():
                rest = [name for name in record.queues if name not in chosen]
                if len(rest) < len(record.queues):
                    self._tell_guards(record.lease, set(record.queues) - set(rest))
                    forgotten = self.ledger.change(record, rest, record.released & set(rest)) or forgotten
        return forgotten

    def renew(self, lease: str, ttl: float) -> bool:
        """Lets the lease live for `ttl` seconds from now; false when there is no such lease (any more)."""
        check_ttl(ttl)
        mine = [record for record in self.ledger.records() if record.lease == lease and not record.ending]
        renewed = [self.ledger.renew(record, ttl) for record in mine]
        return any(renewed)

    def overdue(self, records: Sequence[LeaseRecord], *, skip_recent: bool = False) -> List[LeaseRecord]:
        """Which of the records a sweep ends or finishes: those of expired leases, and those whose release was begun.

        `skip_recent` leaves alone a release that its process may still be busy with.
        """
        waits = skip_recent and not self.ledger.serialised
        return [record for record in records if not record.live or (record.released and not (waits and record.age < _RELEASE_TAKES))]

    def sweep(
        self, done: Optional[Release] = None, *, skip_recent: bool = False, known: Mapping[str, Collection[str]] = MappingProxyType({})
    ) -> Release:
        """Finishes what processes that died left behind; see `overdue`, and for `known` see `_end`."""
        done = Release() if done is None else done
        with self.ledger.turn():
            self._drop_intent()
            records = self.overdue(self.ledger.records(), skip_recent=skip_recent)
            self._end([record for record in records if not record.live or record.ending], done, known=known)
            for record in records:
                if record.live and not record.ending:
                    self._end([record], done, record.released)
        return done

    def sweep_after(self, lease: str) -> bool:
        """The same after the death of the process that renewed this lease: whether something is left that will only run out in a while."""
        self.sweep()
        return any(record.intent and record.lease.startswith(_intents_of(lease)) for record in self.ledger.records())

    def pause_again(self, lease: str) -> List[str]:
        """Pauses the lease's queues that run (a restart of Immich resumes metadataExtraction), without prolonging it.

        Other leases that have run out are ended.
        """
        with self.ledger.turn(adding=True):
            self._drop_intent()
            records = self.ledger.records()
            paused = self._pause_held(lease, [record for record in records if record.lease == lease and record.live])
            self._end([record for record in records if not record.live], Release())
            return paused

    def _pause_held(self, lease: str, mine: Sequence[LeaseRecord]) -> List[str]:
        queues = self._client.queues.all()
        dropped = control.not_in_state(queues, sorted(leases_by_queue(mine)), True)
        if not dropped:
            return []
        # The lease's own record may be removed at any moment by a release, even between a look and the pause.
        # The name is unique: an answer that is lost leaves a record whose id is not known.
        self._intent = "%s%s)" % (_intents_of(lease), secrets.token_hex(4))
        intent = self.ledger.add(self._intent, dropped, _INTENT_TTL, intent=True)
        paused: List[str] = []
        held = self._still_held(mine) >= set(dropped)
        if held:
            paused = control.set_queues_paused(self._client, queues, dropped, True).changed
        if held and self.ledger.fresh(intent) is None:  # it took so long that it was swept
            self.ledger.add(self._intent, dropped, _INTENT_TTL, intent=True)
        self._drop_intent()  # the queues stay paused if the lease still holds them
        return paused

    def tidy(self) -> None:
        """Releases what a failure in the middle of `pause_again` left behind."""
        if self._intent is not None:
            with self.ledger.turn():
                self._drop_intent()

    def _drop_intent(self) -> None:
        if self._intent is not None:
            self._end([record for record in self.ledger.records() if record.lease == self._intent], Release())
            self._intent = None

    def _settled(self, chosen: Sequence[str]) -> Tuple[List[LeaseRecord], List[values.Queue]]:
        """The records and the queues at one moment: looks until `chosen` were the same before and after reading the records.

        Otherwise a queue that another lease pauses or resumes just then would seem to be paused by hand. Where turns are serialised, no
        other lease does so within this turn, and one look is enough.
        """
        if self.ledger.serialised:
            return self.ledger.records(), self._client.queues.all()
        before = self._client.queues.all()
        for _round in range(control.ROUNDS):
            records, after = self.ledger.records(), self._client.queues.all()
            if control.not_in_state(before, chosen, True) == control.not_in_state(after, chosen, True):
                break
            before = after
        return records, after

    def _still_held(self, records: Sequence[LeaseRecord]) -> Set[str]:
        current = [self.ledger.fresh(record) for record in records]
        return {name for record in current if record is not None and record.live for name in record.held}

    def _tell_guards(self, lease: str, queues: Collection[str]) -> None:
        """Tells the guards of a lease which queues it has released: a later pause of these is not theirs to end."""
        self._released(lease, queues)
        state_folder.tell_guards(self.ledger.directory, self._client.connection.root, lease, queues)

    def _end(
        self,
        records: Sequence[LeaseRecord],
        done: Release,
        only: Optional[Collection[str]] = None,
        known: Mapping[str, Collection[str]] = MappingProxyType({}),
    ) -> None:
        """Releases the records' queues, or `only` of some, and removes the records that are to end.

        A ledger may be deleted at any moment. So the queues are known from the `records` as they were read and, for leases without any,
        from `known`.
        """
        held: Dict[str, Set[str]] = {}
        for record in records:
            held.setdefault(record.lease, set()).update(record.queues)
        held = {**{lease: set(queues) for lease, queues in known.items()}, **held}
        began = time.monotonic()
        for _round in range(control.ROUNDS):
            step = Release()
            try:
                self._release_records(records, step, only)
            finally:
                done.add(step)
            left = {lease: [name for name in queues if name not in done.finished] for lease, queues in held.items()}
            # A process that was stopped for longer finds that others have finished its work, and may have paused queues by hand since.
            if time.monotonic() - began >= _RELEASE_TAKES:
                return
            missed = [lease for lease, queues in left.items() if any(_is_in(name, only) for name in queues)]
            records = [record for lease in missed for record in self._rewrite(lease, left[lease], done)]
            if not records:
                return

    def _rewrite(self, lease: str, known: Sequence[str], done: Release) -> List[LeaseRecord]:
        """A record of what the ledger has lost during the release. Where none can be written, the queues are resumed at once."""
        lost = self.lost(lease, known)
        if not lost:
            return []
        for name in lost:
            done.failed.pop(name, None)  # it is tried once more
        try:
            return [self.ledger.add(lease, lost, LONGEST_RELEASE)]
        except (errors.LocalFailure, errors.PermissionDenied):
            self._resume_lost(lease, lost, done)
            return []

    def _release_records(self, records: Sequence[LeaseRecord], done: Release, only: Optional[Collection[str]]) -> None:
        ending: List[LeaseRecord] = []
        for record in records:
            going = [name for name in record.queues if _is_in(name, only)]
            try:
                if not self.ledger.change(record, record.queues, record.released | set(going)):
                    continue  # the process that removed it has seen to its queues
            except errors.LocalFailure:
                pass  # a full disk: the queues come first, and removing the record will raise
            ending.append(record)
            done.leases += [record.lease] if record.lease not in done.leases else []
        self._resume(ending, only, done)
        for record in ending:
            rest = [name for name in record.queues if (only is not None and name not in only) or name in done.failed]
            self._tell_guards(record.lease, done.finished & (set(record.queues) - set(rest)))
            if rest or only is not None:
                self.ledger.change(record, rest, (record.released | set(done.failed)) & set(rest))
            else:
                self.ledger.remove(record)

    def _resume(self, ending: Sequence[LeaseRecord], only: Optional[Collection[str]], done: Release) -> None:
        for attempt in range(control.ROUNDS if any(record.queues for record in ending) else 0):
            if attempt:
                waits.sleep(_BETWEEN_ROUNDS)
            others = leases_by_queue(self.ledger.records(), except_ids=[record.id for record in ending])
            queues = self._client.queues.all()
            if not queues:  # what none can be seen in must not be taken for running, or the records would go
                raise errors.ServerFailure("The server's list of queues is empty.")
            # Read again each time, and last: an administrator may have taken a queue out of the records just now, and keeps it paused.
            current = [self.ledger.fresh(record) for record in ending]
            taken = {name for record, now in zip(ending, current) if now is not None for name in set(record.queues) - set(now.queues)}
            going = {name for record in current if record is not None for name in record.queues if _is_in(name, only)}
            done.kept = names.in_chain_order([name for name in going if name in others])
            alone = names.in_chain_order([name for name in going if name not in others])
            outcome = control.set_queues_paused(self._client, queues, alone, False, rounds=1)
            done.resumed += [name for name in outcome.changed if name not in done.resumed]
            done.failed = outcome.failed
            done.finished = (going | taken) - set(outcome.failed)
            if not all(isinstance(exc, control.ChangeReverted) for exc in outcome.failed.values()) or not outcome.failed:
                break


def _is_in(name: str, only: Optional[Collection[str]]) -> bool:
    return only is None or name in only


def _intents_of(lease: str) -> str:
    """What the names of a lease's intents begin with."""
    return "%s (pausing again, " % lease
