# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The sidecar that goes up with a file: what its export says of it, added to the one that is there."""

from __future__ import annotations

from typing import Callable, FrozenSet, List, Optional, Sequence, Tuple

from ..._client import errors
from ..._metadata import model
from ..._sources import base
from ..._text import extension_of
from ..._times import to_iso
from ..options import TransferOptions

_PEOPLE = "People"
_TAGGED_LATER = " Its file is tagged afterwards, where Immich may lose the tags."


def sidecar_for(
    about: model.Metadata,
    original: Optional[str],
    tags: Sequence[str],
    embedded: model.Keywords,
    existing: Optional[bytes],
    *,
    people_as_tags: bool,
) -> Optional[bytes]:
    """The sidecar for a file, or None for none. `existing` is the one that lies beside it; what that says is kept and wins.

    `original` is when it was taken (see `DateToSend`), `tags` are those that all files get, `embedded` is what the file itself has for
    keywords. A position and a description of the export win over those in the file: Immich takes the sidecar's first. Raises `Unreadable`
    if `existing` is not XMP.
    """
    if about is model.NOTHING and original is None and not tags:  # so it is of most files of plain folders
        return existing
    from ..._metadata import fields, xmp  # only here: xmp is large, and is compiled again on every run

    people = people_tags(about.people) if people_as_tags else []
    said = about._replace(
        taken=None if original is None else model.Taken(0.0, original, about.taken.offset if about.taken else None),
        tags=(*tags, *(tag for tag in map(model.text_for_xml, about.tags) if tag), *people),
        people=(),
        albums=(),
    )
    return xmp.with_metadata(existing, said, embedded) if fields.in_xmp(said) else existing


def time_beside_place(item: base.Item, existing: bytes, *, video: bool) -> Optional[str]:
    """The local time of a still whose own sidecar says a place and no time, for that sidecar; None where it need not be said.

    Without it Immich would take a time without a zone for UTC, and move it to the zone of the place (observed on 2.7 and 3.1). Raises
    `Unreadable`, and as `Item.camera`.
    """
    if video or b"GPSLatitude" not in existing:  # most sidecars are not looked into
        return None
    from ..._metadata.xmp import has_place_alone  # only here, as above

    if not has_place_alone(existing):
        return None
    own = item.camera().time
    return to_iso(own.local, None) if own is not None and own.offset is None else None


def people_tags(names: Sequence[str]) -> List[str]:
    """A tag `People/NAME` for each person. A `/` in a name would begin a further level."""
    return ["%s/%s" % (_PEOPLE, name) for name in (model.text_for_xml(one).replace("/", "-") for one in names) if name]


def _time_beside_place(item: base.Item, sidecar: base.SidecarPart, warn: Callable[[str], None], *, video: bool) -> Optional[str]:
    try:
        return time_beside_place(item, sidecar.content, video=video)
    except errors.MissingLibrary:
        warn(
            "%s says where its photo was taken and not when. Immich may move the photo's time to the zone of the place. With the Python "
            "library exifread on this host, the time is added to what is uploaded." % sidecar.path
        )
        return None


def sidecar_of(
    item: base.Item,
    about: model.Metadata,
    options: TransferOptions,
    tags: Sequence[str],
    original: Optional[str],
    embedded: model.Keywords,
    warn: Callable[[str], None],
    *,
    videos: FrozenSet[str],
) -> Tuple[Optional[base.SidecarPart], bool]:
    """What goes up beside a file, and whether the `tags` are in it.

    `about` is what is known of the item that is to be in it. `original` is when it was taken (see `DateToSend`), `embedded` what the file
    itself has for keywords. Immich reads the sidecar together with the file. What a new file gets in another way it loses while it does
    that, or it loses that of the sidecar and of the file (observed on 1.135 to 3.1). `videos` are the extensions of videos.
    `LocalFailure` if the sidecar cannot be sent.
    """
    sidecar = item.read_sidecar()
    if sidecar is not None and not sidecar.content:  # Immich 3 would refuse the file because of it
        warn("%s is empty and was left out." % sidecar.path)
        sidecar = None
    try:
        if sidecar is not None and original is None:
            original = _time_beside_place(item, sidecar, warn, video=extension_of(item.inner) in videos)
        content = sidecar_for(about, original, tags, embedded, sidecar.content if sidecar else None, people_as_tags=options.people_as_tags)
    except model.Unreadable as exc:
        warn(
            "%s cannot be read as XMP: %s. It is uploaded unchanged, and nothing is added to it.%s"
            % (sidecar.path if sidecar else item.path, exc, _TAGGED_LATER if tags else "")
        )
        return sidecar, False
    if content is None:
        return None, False
    return base.SidecarPart(sidecar.path if sidecar else item.path, content, sidecar.state if sidecar else None), bool(tags)
