# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One new file from its turn to its result: it is sent as a form, once more if it changed, and counted; equal files wait for it."""

from __future__ import annotations

import time
from typing import BinaryIO, Callable, Dict, FrozenSet, List, Mapping, Optional, Tuple, Union

from .. import _times
from .._client import api, body, errors, values
from .._client.endpoints.assets import upload_fields
from .._files import base
from .._metadata import model
from .._run import throttle
from .._run.cancellation import Cancellation
from .._run.consecutive_failures import ConsecutiveFailures
from . import check, dates, hashing
from .item_tally import ItemTally
from .options import TransferOptions
from .organise.stored import StoredFile, known_on_server
from .sidecar import embedded_keywords, sidecar_to_send


class Dispatch:
    """Sends files and counts what became of them. Used by all threads that send, each with its `Sender`.

    `remember` corrects the checksum cache about a file: a wrong entry would mislead every run.
    """

    def __init__(
        self,
        client: api.Immich,
        tally: ItemTally,
        in_flight: check.InFlight,
        ahead: hashing.ReadAhead,
        cancellation: Cancellation,
        concurrency: int,
        remember: Callable[[base.Item], None],
    ) -> None:
        self._client = client
        self._tally = tally
        self._in_flight = in_flight
        self._ahead = ahead
        self._cancellation = cancellation
        self._failures = ConsecutiveFailures(client, concurrency, tally.verb.infinitive)
        self._remember = remember

    def send(self, sender: Sender, item: base.Item, on_arrived: Callable[[List[StoredFile]], None]) -> None:
        """Sends a file; if that fails, an equal one in its place. Raises what ends the run.

        `on_arrived` gets it, with the equal files that waited for it.
        """
        left: Optional[base.Item] = item
        while left is not None:
            left = self._send_one(sender, left, on_arrived)

    def _send_one(self, sender: Sender, item: base.Item, on_arrived: Callable[[List[StoredFile]], None]) -> Optional[base.Item]:
        sha1, began = item.sha1, time.monotonic()
        try:
            sent = self._send_as_it_is_now(sender, item)
        except errors.ImmichError as exc:
            if exc.fatal and not self._is_about_this_file(exc):
                raise
            self._tally.failed(item.path, exc, item=item, seconds=time.monotonic() - began)
            self._failures.add(exc)
            return self._in_flight.mark_failed(sha1)
        finally:
            self._ahead.release(item)
        self._failures.reset()
        asset_id = str(sent.asset_id)
        self._tally.stored(item, asset_id, created=sent.fresh, trashed=sent.trashed, seconds=time.monotonic() - began)
        waited = self._in_flight.mark_arrived(sha1, asset_id) if item.sha1 == sha1 else []
        on_arrived([sent] + [check.count_duplicate(equal, asset_id, self._tally) for equal in waited])
        return None if item.sha1 == sha1 else self._in_flight.mark_failed(sha1)

    def _send_as_it_is_now(self, sender: Sender, item: base.Item) -> StoredFile:
        try:
            return _to_stored_file(item, sender.send(item))
        except errors.FileChanged:
            # Perhaps it was still being written when it was hashed; or the cache was wrong about it. One more try.
            item.refresh()
            item.sha1 = hashing.Hasher(self._cancellation.check).sha1(item)
            self._remember(item)
        known = known_on_server(self._client.assets, [item]).get(item.sha1)
        if known is not None:
            return StoredFile(item, known.asset_id, fresh=False, trashed=known.trashed)
        try:
            return _to_stored_file(item, sender.send(item))
        except errors.FileChanged as exc:
            raise errors.FileChanged("The file is being written to: it changed each time it was sent. The next run takes it.") from exc

    def _is_about_this_file(self, exc: errors.ImmichError) -> bool:
        """A firewall in front of Immich may dislike one file and answer with a page of its own, though it let others through."""
        return isinstance(exc, errors.ProxyAnswer) and (exc.path, exc.status) == ("/assets", 403) and self._tally.uploaded > 0


def _to_stored_file(item: base.Item, stored: values.UploadAnswer) -> StoredFile:
    return StoredFile(item, stored.asset_id, fresh=stored.created, certain=stored.certain)


class Sender:
    """Sends files one after another, with the settings of one run. For one thread.

    `videos` are the extensions of videos. `warn` reports what is not a failure. `is_hidden_video` says whether a file is the video of a
    live photo. `bytes` counts what was sent, repeated attempts included; `bytes_in_flight` is what of the current file is sent so far.
    """

    def __init__(
        self,
        client: api.Immich,
        options: TransferOptions,
        bandwidth: throttle.Bandwidth,
        videos: FrozenSet[str],
        warn: Callable[[str], None],
        is_hidden_video: Callable[[base.Item], bool],
    ) -> None:
        self.bytes = 0
        self.bytes_in_flight = 0
        self._client = client
        self._options = options
        self._bandwidth = bandwidth
        self._videos = videos
        self._zone = dates.parse_zone(options.time_zone)
        self._warn = warn
        self._is_hidden_video = is_hidden_video
        self._block = throttle.block_size(options.bandwidth_limit, options.concurrency)

    def send(self, item: base.Item) -> values.UploadAnswer:
        """Sends a file whose SHA-1 is known, with its sidecar, in which are its tags and what an export says of it.

        The file is looked at before it is sent, and unless its `content` is in memory the bytes are hashed on the way: `FileChanged`
        when they are not those of `item.sha1`; nothing is on the server then. `created` is true as well when an attempt may have arrived
        whose answer was lost; `certain` is false then.
        """
        is_hidden = self._is_hidden_video(item)
        item.fetch_metadata()
        with _Bytes(item) as source:
            date = self._date(item, source)
            item.dated_by = date.trust
            sidecar, has_tags = self._sidecar(item, source, date, is_hidden=is_hidden)
            stored, retries = self._upload(item, source, self._fields(item, date, is_hidden=is_hidden), sidecar)
        # A retry that finds the file there does not count: another client may have brought the same bytes, without the sidecar.
        if sidecar is not None and stored.created:
            item.sidecar_sent = sidecar.state
        elif (
            sidecar
            and sidecar.state
            and item.can_be_removed
            and retries > 0
            and self._options.removes_local
            and self._options.move_to is None
        ):
            self._warn("%s was kept: the answer to its upload was lost, so it is not certain whether Immich has it." % sidecar.path)
        item.tags_sent = has_tags if stored.created or not has_tags else None
        return values.UploadAnswer(stored.asset_id, stored.created or retries > 0, certain=stored.created or retries == 0)

    def _fields(self, item: base.Item, date: dates.DateToSend, *, is_hidden: bool) -> Dict[str, str]:
        modified = _times.ns_to_iso_utc(item.mtime_ns)
        return upload_fields(
            device_asset_id=item.sha1.hex() if self._client.assets.wants_device_ids() else None,
            created=modified if date.created_ns == item.mtime_ns else _times.ns_to_iso_utc(date.created_ns),
            modified=modified,
            favorite=not is_hidden and (self._options.favorite or item.facts.metadata.favorite),
            visibility="hidden" if is_hidden else _visibility(self._options, item),
        )

    def _sidecar(
        self, item: base.Item, source: _Bytes, date: dates.DateToSend, *, is_hidden: bool
    ) -> Tuple[Optional[base.SidecarPart], bool]:
        """What goes up beside a file, and whether its tags are in it."""
        options = self._options
        metadata, tags = item.facts.metadata, options.tags_of(item, new=True)
        if is_hidden:  # what a person looks for is the still
            metadata, tags = metadata._replace(tags=(), people=()), []
        embedded = model.NO_KEYWORDS
        if not metadata.is_read and (tags or metadata.tags or (options.people_as_tags and metadata.people)):
            embedded = embedded_keywords(source.peekable())
        return sidecar_to_send(item, metadata, options, tags, date.original, embedded, self._warn, videos=self._videos)

    def _upload(
        self, item: base.Item, source: _Bytes, fields: Mapping[str, str], sidecar: Optional[base.SidecarPart]
    ) -> Tuple[values.UploadAnswer, int]:
        """What the server says, and how many attempts before may have arrived whose answers were lost."""
        sha1, retries = item.sha1.hex(), 0

        def new_body(retry: int) -> body.FormBody:
            nonlocal retries
            retries = retry
            self.bytes_in_flight = 0
            return body.FormBody(
                fields,
                source.take(),
                name=item.name,
                size=item.size,
                sha1=sha1,
                sidecar=None if sidecar is None else (item.name + ".xmp", sidecar.content),  # the server asks for this ending
                on_block=self._on_block,
                block=self._block,
            )

        try:
            return self._client.assets.upload(sha1, new_body), retries
        finally:
            self.bytes_in_flight = 0

    def _date(self, item: base.Item, source: _Bytes) -> dates.DateToSend:
        taken = item.facts.metadata.taken
        if taken is not None and taken.basis == model.READ:
            return dates.DateToSend(taken.created_ns, taken.local, dates.SERVER)
        is_video = item.extension in self._videos
        return dates.date_to_send(item, source.peekable(), video=is_video, date_from_name=self._options.date_from_name, zone=self._zone)

    def _on_block(self, size: int) -> None:
        self._bandwidth.wait_for(size)
        self.bytes += size
        self.bytes_in_flight += size


class _Bytes:
    """An item's bytes: those that were hashed, if they are in memory and the file still is what it was; else the file, opened.

    `peekable` is what can be looked into, `take` gives the bytes from their beginning: for a second attempt a file is opened again.
    """

    def __init__(self, item: base.Item) -> None:
        self._item = item
        self._stream: Optional[BinaryIO] = None
        self._looked: Optional[BinaryIO] = None
        self._taken = False

    def __enter__(self) -> _Bytes:
        if self._item.content is None:
            self._stream = self._item.open()
        else:
            self._item.require_unchanged()
        return self

    def __exit__(self, *_: object) -> None:
        for stream in (self._stream, self._looked):
            if stream is not None:
                stream.close()

    def _opened(self) -> BinaryIO:
        if self._stream is None:
            self._stream = self._item.open()
        return self._stream

    def peekable(self) -> Union[BinaryIO, bytes]:
        """To be called before `take`. Raises what reading the file raises."""
        if self._item.content is not None:
            return self._item.content
        stream = self._opened()
        if stream.seekable():
            return stream
        if self._looked is None:
            self._looked = self._item.open_seekable()
        return self._looked

    def take(self) -> Union[BinaryIO, bytes]:
        """Raises as `Item.open`."""
        if self._item.content is not None:
            return self._item.content
        stream = self._opened()
        if self._taken:
            stream.close()
            stream = self._item.open()
        elif stream.seekable():
            stream.seek(0)
        self._stream, self._taken = stream, True
        return stream


def _visibility(options: TransferOptions, item: base.Item) -> str:
    """What the export says counts where nothing else was asked for."""
    return item.facts.metadata.visibility if options.visibility == "timeline" else options.visibility
