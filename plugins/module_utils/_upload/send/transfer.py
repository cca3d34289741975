# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sends one file. Private to the collection."""

from __future__ import annotations

from typing import BinaryIO, Callable, Optional, Sequence, Tuple, Union

from ..._client.api import Immich
from ..._client.body import FormBody
from ..._client.endpoints.assets import upload_fields
from ..._client.values import Stored
from ..._sources.item import Item, SidecarPart
from ..metadata.embedded import embedded_keywords
from ..metadata.xmp import NO_KEYWORDS, Keywords, Unreadable, with_tags
from ..options import Options
from .bandwidth import Bandwidth, block_size
from .dates import iso_time


class Sender:
    """Sends files one after another, with the settings of one run. For one thread. `warn` tells a person what is no failure.

    `bytes` counts what was sent, repeated attempts included; `in_flight` is how much of the present file is under way.
    """

    def __init__(self, client: Immich, options: Options, bandwidth: Bandwidth, warn: Callable[[str], None]) -> None:
        self.bytes = 0
        self.in_flight = 0
        self._client = client
        self._options = options
        self._bandwidth = bandwidth
        self._warn = warn
        self._block = block_size(options.bandwidth_limit, options.concurrency)

    def send(self, item: Item) -> Stored:
        """Sends a file whose SHA-1 is known, with its sidecar, and its tags in there.

        The file is looked at before it is sent, and unless its `content` is in memory the bytes are hashed on the way: `FileChanged`
        when they are not those of `item.sha1`; nothing is on the server then. `created` is true as well when an attempt arrived
        whose answer was lost.
        """
        sha1 = item.sha1.hex()
        time = iso_time(item.mtime_ns)
        fields = upload_fields(
            device_asset_id=sha1 if self._client.assets.wants_device_ids() else None,
            created=time,
            modified=time,
            favorite=self._options.favorite,
            visibility=self._options.visibility,
        )
        attempts = 0

        with _Bytes(item) as source:
            embedded = embedded_keywords(source.take()) if self._options.tags else NO_KEYWORDS
            sidecar, has_tags = sidecar_with_tags(item, self._options.tags, embedded, self._warn)
            part = None if sidecar is None else (item.name + ".xmp", sidecar.content)  # the server asks for this ending

            def new_body(retry: int) -> FormBody:
                nonlocal attempts
                attempts = retry
                self.in_flight = 0
                return FormBody(
                    fields,
                    source.take(),
                    name=item.name,
                    size=item.size,
                    sha1=sha1,
                    sidecar=part,
                    on_block=self._on_block,
                    block=self._block,
                )

            try:
                stored = self._client.assets.upload(sha1, new_body)
            finally:
                self.in_flight = 0
        # A retry that finds the file there does not count: another client may have brought the same bytes, without the sidecar.
        if sidecar is not None and stored.created:
            item.sidecar_sent = sidecar.state
        elif sidecar and sidecar.state and item.can_be_deleted and attempts > 0 and self._options.delete_local:
            self._warn("%s was kept: the answer to its upload was lost, so it is not certain whether Immich has it." % sidecar.path)
        item.tags_sent = has_tags if stored.created or not has_tags else None
        return Stored(stored.asset_id, stored.created or attempts > 0)

    def _on_block(self, size: int) -> None:
        self._bandwidth.wait_for(size)
        self.bytes += size
        self.in_flight += size


class _Bytes:
    """An item's bytes: those that were hashed, if they are in memory and the file still is what it was; else the file, opened.

    Each `take` gives them from their beginning: a file is opened anew for that, after the first time.
    """

    def __init__(self, item: Item) -> None:
        self._item = item
        self._stream: Optional[BinaryIO] = None
        self._taken = False

    def __enter__(self) -> _Bytes:
        if self._item.content is None:
            self._stream = self._item.open()
        else:
            self._item.require_unchanged()
        return self

    def __exit__(self, *_: object) -> None:
        if self._stream is not None:
            self._stream.close()

    def take(self) -> Union[BinaryIO, bytes]:
        """Raises as `Item.open`."""
        if self._item.content is not None:
            return self._item.content
        if self._stream is None or self._taken:
            self.__exit__()
            self._stream = self._item.open()
        self._taken = True
        return self._stream


def sidecar_with_tags(
    item: Item, tags: Sequence[str], embedded: Keywords, warn: Callable[[str], None]
) -> Tuple[Optional[SidecarPart], bool]:
    """What goes up beside a file, and whether the tags are in it. `embedded` is what the file itself has for keywords.

    Immich reads the sidecar together with the file. Tags that a new file gets in another way it loses while it does that, or it
    loses those of the sidecar and of the file (observed on 1.135 to 3.1). `LocalFailure` if the sidecar cannot be sent.
    """
    sidecar = item.read_sidecar()
    if sidecar is not None and not sidecar.content:  # Immich 3 would refuse the file because of it
        warn("%s is empty and was left out." % sidecar.path)
        sidecar = None
    if not tags:
        return sidecar, False
    try:
        content = with_tags(sidecar.content if sidecar else None, tags, embedded)
    except Unreadable as exc:
        warn(
            "%s cannot be read as XMP: %s. It is uploaded unchanged, and its file is tagged afterwards, "
            "where Immich may lose them." % (sidecar.path if sidecar else item.path, exc)
        )
        return sidecar, False
    return SidecarPart(sidecar.path, content, sidecar.state) if sidecar else SidecarPart(item.path, content, None), True
