# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which part of a user's library is meant, by names as a person knows them, and the searches that find it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import product
from typing import Callable, Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple, TypeVar

from .. import _options, _text
from .._client import api, errors, values

HIDDEN = "hidden"
SHOWN = ("timeline", "archive")
VISIBILITIES = (*SHOWN, HIDDEN)
"""Where an API key finds assets: what lies in the locked folder no key reaches."""
KINDS = ("image", "video")


_NO_ALBUM = "The key's user has no album named '%s'. Check O(albums), which takes names and ids."
_NO_TAG = "The key's user has no tag '%s'. Check O(tags); case matters."
_NOBODY = "Nobody is named '%s' in the user's library. Check O(people); case matters."

T = TypeVar("T")


def _in_order(known: Sequence[str]) -> Callable[[Sequence[str]], Tuple[str, ...]]:
    """A converter that gives each value of a list once, in the order of `known`."""
    return lambda given: tuple(value for value in known if value in given)


def _extensions(given: Sequence[str]) -> Tuple[str, ...]:
    """Extensions in lower case with their dot, which may be left out. Raises `InvalidRequest` for anything else."""
    extensions = tuple("." + extension.lower().lstrip(".") for extension in given)
    for extension, written in zip(extensions, given):
        if _text.extension_of("a" + extension) != extension or extension == ".":
            raise errors.InvalidRequest(
                "'%s' is not a file name extension such as jpg. Check O(extensions) and O(exclude_extensions)." % written,
                options=("extensions", "exclude_extensions"),
            )
    return extensions


@dataclass(frozen=True)
class Filters:
    """Which assets are meant: those for which all conditions hold, where one of several values of a list is enough.

    `albums` are names or ids, of the user's own albums; `tags` as `Trip/Rome`, where those below count too; `people` names. Makes, models
    and places are as Immich has them. `taken_after` and `taken_before` are ISO 8601 in UTC with `Z`. `min_rating` is 1 to 5. Extensions
    are in lower case with their dot. `partners`: what those share who have the user for a partner, as well. The videos of live photos,
    which are hidden, belong to their stills.
    """

    albums: Tuple[str, ...] = ()
    not_in_album: bool = False
    tags: Tuple[str, ...] = ()
    people: Tuple[str, ...] = ()
    favorite: Optional[bool] = None
    visibility: Tuple[str, ...] = _options.option(SHOWN, choices=VISIBILITIES, convert=_in_order(VISIBILITIES))
    types: Tuple[str, ...] = _options.option(KINDS, choices=KINDS, convert=_in_order(KINDS))
    extensions: Tuple[str, ...] = _options.option((), convert=_extensions)
    exclude_extensions: Tuple[str, ...] = _options.option((), convert=_extensions)
    camera_makes: Tuple[str, ...] = ()
    camera_models: Tuple[str, ...] = ()
    countries: Tuple[str, ...] = ()
    states: Tuple[str, ...] = ()
    cities: Tuple[str, ...] = ()
    taken_after: Optional[str] = None
    taken_before: Optional[str] = None
    min_rating: Optional[int] = _options.option(None, choices=(1, 2, 3, 4, 5))
    partners: bool = False

    def takes(self, asset: values.Asset) -> bool:
        """Whether an asset that a search found is selected, by what a search cannot be asked for."""
        if self.min_rating is not None and (asset.metadata.rating or 0) < self.min_rating:
            return False
        extension = _text.extension_of(asset.name)
        return extension not in self.exclude_extensions and (not self.extensions or extension in self.extensions)

    def check(self, above: str = "") -> None:
        """Raises `InvalidRequest` for conditions that nothing can meet. `above` is what the options' names begin with: `select.`, say."""
        if self.albums and self.not_in_album:
            names = tuple(above + name for name in ("albums", "not_in_album"))
            raise errors.InvalidRequest(
                "Nothing can be in one of the albums and in none. Set only one of O(%s) and O(%s)." % names, options=names
            )

    def scopes(self) -> Dict[str, str]:
        """The scopes that finding the assets needs, each with what it is for."""
        wanted = {"user.read": "tell the user's assets from those of others", "asset.read": "find assets"}
        wanted.update({"album.read": "find the albums"} if self.albums else {})
        wanted.update({"tag.read": "find the tags"} if self.tags else {})
        wanted.update({"person.read": "find the people"} if self.people else {})
        wanted.update({"partner.read": "find the partners"} if self.partners else {})
        return wanted


@dataclass(frozen=True)
class Selection(Filters):
    """The same, and whether what is in the trash is meant as well."""

    trashed: bool = _options.option(
        False, name="source_trash", type="str", choices=("skip", "copy"), spec_default="skip", convert=lambda given: given == "copy"
    )

    @classmethod
    def without_trash(cls, filters: Filters) -> Selection:
        """What filters mean that say nothing of the trash."""
        return cls(**{field.name: getattr(filters, field.name) for field in fields(Filters)})

    @property
    def is_everything(self) -> bool:
        """Whether all of the user's own is meant, apart from the trash."""
        return self == Selection(trashed=self.trashed, partners=self.partners)


_EXIF = {
    "make": "camera_makes",
    "model": "camera_models",
    "country": "countries",
    "state": "states",
    "city": "cities",
}
"""The filters that the server's search knows as conditions on what it read in a file, by its names. It compares them as a whole."""


class Ids(NamedTuple):
    """The ids on a server that the names of a selection stand for; empty where none were given."""

    albums: Tuple[values.Album, ...]
    tags: Tuple[str, ...]
    people: Tuple[str, ...]


def find_ids(client: api.Immich, selection: Selection) -> Ids:
    """Raises `NotFound` for a name that the server does not know, with the option to correct."""
    albums: Dict[str, List[values.Album]] = {}
    mine = client.albums.mine() if selection.albums else ()
    for album in mine:
        albums.setdefault(album.name, []).append(album)
    albums.update((album.id, [album]) for album in mine)
    tags = {name: [tag_id] for name, tag_id in client.tags.all().items()} if selection.tags else {}
    people = client.assets.people() if selection.people else {}
    return Ids(
        tuple(_ids_of(selection.albums, albums, _NO_ALBUM, "/albums", "albums")),
        tuple(_ids_of(selection.tags, tags, _NO_TAG, "/tags", "tags")),
        tuple(_ids_of(selection.people, people, _NOBODY, "/people", "people")),
    )


def plan_searches(
    selection: Selection,
    ids: Ids,
    visibilities: Sequence[Optional[str]],
    *,
    album_id: Optional[str] = None,
    tag_id: Optional[str] = None,
    person_id: Optional[str] = None,
    live: Optional[bool] = None,
) -> Iterator[values.Search]:
    """The searches that together find the selection, or what of it is in one album, has one tag or shows one person."""
    albums: Sequence[Optional[str]] = [album_id] if album_id else [album.id for album in ids.albums] or [None]
    tags: Sequence[Optional[str]] = ids.tags or [None]
    people: Sequence[Optional[str]] = [person_id] if person_id else ids.people or [None]
    types: Sequence[Optional[str]] = [None] if set(selection.types) >= set(KINDS) else selection.types
    trash = (False, True) if selection.trashed else (False,)
    for album, tag, person, kind, visibility, trashed, exif in product(
        albums, tags, people, types, visibilities, trash, _exif_of(selection)
    ):
        yield values.Search(
            visibility=visibility,
            album_id=album,
            tag_ids=tuple(dict.fromkeys(condition for condition in (tag_id, tag) if condition)),
            person_id=person,
            favorite=selection.favorite,
            kind=kind,
            taken_after=selection.taken_after,
            taken_before=selection.taken_before,
            trashed=trashed,
            live=live,
            not_in_album=selection.not_in_album,
            exif=exif,
        )


def _exif_of(selection: Selection) -> List[Tuple[Tuple[str, str], ...]]:
    """The conditions on what was read in files, of which each asset of the selection meets one."""
    conditions = [[(name, value) for value in getattr(selection, option_name)] for name, option_name in _EXIF.items()]
    return list(product(*(condition for condition in conditions if condition)))


def _ids_of(names: Sequence[str], known: Mapping[str, Sequence[T]], missing: str, path: str, option: str) -> Iterator[T]:
    """What the names stand for, each name once: there may be several of one. `missing` is what is said of one that is not `known`."""
    for name in dict.fromkeys(names):
        if name not in known:
            raise errors.NotFound(missing % _text.one_line(name), path=path, options=(option,))
        yield from known[name]
