# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sends one file. Private to the collection."""

from __future__ import annotations

import io
import os
import stat
from contextlib import contextmanager
from typing import BinaryIO, Callable, Iterator, NamedTuple, Optional, Sequence, Tuple, Union

from ..._client import errors
from ..._client.api import Immich
from ..._client.body import FormBody
from ..._client.endpoints.assets import upload_fields
from ..._client.values import Stored
from ..media import Media, Sidecar, shown, state_of
from ..metadata.embedded import embedded_keywords
from ..metadata.xmp import NO_KEYWORDS, Keywords, Unreadable, with_tags
from ..options import Options
from ..read.opening import look_at, met_link, open_file, open_media
from .bandwidth import Bandwidth, block_size
from .dates import iso_time

_LARGEST_SIDECAR = 16 * 1024 * 1024  # a sidecar is held in memory; real ones have a few kilobytes


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

    def send(self, media: Media) -> Stored:
        """Sends a file whose SHA-1 is known, with its sidecar, and its tags in there.

        The file is looked at before it is sent, and unless its `content` is in memory the bytes are hashed on the way: `FileChanged`
        when they are not those of `media.sha1`; nothing is on the server then. `created` is true as well when an attempt arrived
        whose answer was lost.
        """
        sha1 = media.sha1.hex()
        time = iso_time(media.mtime_ns)
        fields = upload_fields(
            device_asset_id=sha1 if self._client.assets.wants_device_ids() else None,
            created=time,
            modified=time,
            favorite=self._options.favorite,
            visibility=self._options.visibility,
        )
        attempts = 0

        with _source_of(media) as source:
            embedded = embedded_keywords(source) if self._options.tags else NO_KEYWORDS
            sidecar, has_tags = sidecar_with_tags(media, self._options.tags, embedded, self._warn)
            part = None if sidecar is None else (sidecar.name, sidecar.content)

            def new_body(retry: int) -> FormBody:
                nonlocal attempts
                attempts = retry
                self.in_flight = 0
                if not isinstance(source, bytes):
                    source.seek(0)
                return FormBody(
                    fields,
                    source,
                    name=media.name,
                    size=media.size,
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
            media.sidecar_sent = sidecar.state
        elif sidecar and sidecar.state and media.sidecar and attempts > 0 and self._options.delete_local:
            self._warn("%s was kept: the answer to its upload was lost, so it is not certain whether Immich has it." % media.sidecar.path)
        media.tags_sent = has_tags if stored.created or not has_tags else None
        return Stored(stored.asset_id, stored.created or attempts > 0)

    def _on_block(self, size: int) -> None:
        self._bandwidth.wait_for(size)
        self.bytes += size
        self.in_flight += size


@contextmanager
def _source_of(media: Media) -> Iterator[Union[BinaryIO, bytes]]:
    """The bytes that were hashed, if they are in memory and the file still is what it was; else the file, opened."""
    if media.content is None:
        with open_media(media) as stream:
            yield stream
    else:
        look_at(media)
        yield media.content


class SidecarPart(NamedTuple):
    """A sidecar as it goes into the form. `state` is what the file was when it was read (see `state_of`); None if there is no file."""

    name: str
    content: bytes
    state: Optional[Tuple[int, ...]]


def sidecar_with_tags(
    media: Media, tags: Sequence[str], embedded: Keywords, warn: Callable[[str], None]
) -> Tuple[Optional[SidecarPart], bool]:
    """What goes up beside a file, and whether the tags are in it. `embedded` is what the file itself has for keywords.

    Immich reads the sidecar together with the file. Tags that a new file gets in another way it loses while it does that, or it
    loses those of the sidecar and of the file (observed on 1.135 to 3.1). `LocalFailure` if the sidecar cannot be sent.
    """
    sidecar = read_sidecar(media, warn)
    if not tags:
        return sidecar, False
    try:
        content = with_tags(sidecar.content if sidecar else None, tags, embedded)
    except Unreadable as exc:
        warn(
            "%s cannot be read as XMP: %s. It is uploaded unchanged, and its file is tagged afterwards, "
            "where Immich may lose them." % (media.sidecar.path if media.sidecar else media.path, exc)
        )
        return sidecar, False
    return SidecarPart(_sidecar_name(media), content, sidecar.state if sidecar else None), True


def _sidecar_name(media: Media) -> str:
    """Its name follows the file's: the server asks for `.xmp`."""
    return media.name + ".xmp"


def read_sidecar(media: Media, warn: Callable[[str], None]) -> Optional[SidecarPart]:
    """A file's sidecar, if it has one; `LocalFailure` if it cannot be sent."""
    if media.sidecar is None:
        return None
    content, state = _content_of(media.sidecar)
    if not content:  # Immich 3 would refuse the file because of it
        warn("%s is empty and was left out." % media.sidecar.path)
        return None
    return SidecarPart(_sidecar_name(media), content, state)


def _content_of(sidecar: Sidecar) -> Tuple[bytes, Tuple[int, ...]]:
    """Its bytes, and what the file was when they were read."""
    name = "Its sidecar %s" % shown(sidecar.path)
    try:
        with io.BufferedReader(open_file(sidecar)) as stream:
            found = os.fstat(stream.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise errors.LocalFailure("%s was replaced by something else, such as a pipe." % name)
            content = stream.read(_LARGEST_SIDECAR + 1)
    except OSError as exc:
        if met_link(exc) and not sidecar.folder.follow:
            raise errors.LocalFailure(
                "%s was replaced by a link after it was found. Links are only followed with 'follow: true'." % name
            ) from exc
        raise errors.LocalFailure("%s cannot be read: %s." % (name, exc.strerror or exc)) from exc
    if len(content) > _LARGEST_SIDECAR:
        raise errors.LocalFailure("%s is larger than 16 MiB, the limit for sidecars." % name)
    return content, state_of(found)
