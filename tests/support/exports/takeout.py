# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Google Takeout: the export that Google would make of a library, and what must become of it."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from support.exports import media
from support.exports.expectation import ANY, Expectation, Expected
from support.exports.languages import LANGUAGES, Words
from support.exports.library import Album, Library, Picture, Place
from support.exports.parts import PartFile, write_parts
from support.exports.takeout_names import Named, Rules, cut, name_all, names_in_immich, sanitised

ROOT = "Takeout"
ALBUM_UNITS = 50


@dataclass(frozen=True)
class Age:
    """How Takeout wrote at one time."""

    rules: Rules
    folders: str = "years"
    """`days` before December 2020; `translated`: years, whose folders have translated names since autumn 2025."""
    old_fields: bool = False
    """As in 2017: no time, no position, no flags."""
    album_fields: str = "all"
    """`old` (inside `albumData`), `all`, or `title` alone, with `enrichments`."""
    part: str = "takeout-20220304T050607Z-{number:03}"


AGES = {
    "2017": Age(Rules(""), folders="days", old_fields=True, album_fields="old", part="takeout-20170922T080037Z-{number:03}"),
    "2020": Age(Rules("", keeps_ampersand=False, lowers_extension=True), folders="days", album_fields="old"),
    "2022": Age(Rules("", keeps_ampersand=False)),
    "2024": Age(Rules(".supplemental-metadata"), part="takeout-20241104T050607Z-{number:03}"),
    "2025": Age(Rules(".supplemental-metadata"), "translated", album_fields="title", part="takeout-20251204T050607Z-3-{number:03}"),
    "2026": Age(
        Rules(".supplemental-metadata", cut=False), "translated", album_fields="title", part="takeout-20260204T050607Z-3-{number:03}"
    ),
}


@dataclass(frozen=True)
class Style:
    """How an export is asked for. `form` is one of those of `write_parts`; the others are what differs between exports of one age."""

    age: str = "2024"
    language: str = "en"
    parts: int = 3
    form: str = "zip"
    seed: int = 0
    has_years: bool = True
    """False: albums only."""
    zip64: bool = False
    decomposed: bool = False
    """Unpacked by macOS."""
    number_first: bool = False
    together: bool = False


@dataclass
class Takeout:
    """An export. `files` is all that is in it, `expectation` what must become of it."""

    style: Style
    files: list[PartFile]
    expectation: Expectation

    def write(self, target: Path) -> list[Path]:
        """Writes it below a folder; what to give as `src`."""
        style = self.style
        name = AGES[style.age].part
        return write_parts(
            target, self.files, style.form, lambda part: name.format(number=part), zip64=style.zip64, decomposed=style.decomposed
        )


def takeout(library: Library, style: Style = Style()) -> Takeout:
    """Makes the export; the same for the same library and style."""
    return _Writer(library, style).write()


@dataclass(frozen=True)
class _Folder:
    """A folder of the export. `album` is None for years, days, the trash and so on."""

    name: str
    pictures: Sequence[Picture]
    album: Album | None = None
    title: str | None = None
    """That of its JSON, where it has one though it is not an album."""
    year: int | None = None


@dataclass
class _Writer:
    library: Library
    style: Style
    files: list[PartFile] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.age = AGES[self.style.age]
        self.rules = replace(self.age.rules, number_first=self.style.number_first, together=self.style.together)
        self.message: Words = LANGUAGES[self.style.language]
        if self.age.folders == "days":
            self.library = _on_one_day_a_year(self.library)
        self.chance = random.Random(f"{self.style.seed}/{self.style.age}/{self.style.language}")
        self.expectation = Expectation("google_takeout")
        self.albums = self._album_folders()
        self.album_names = _names_of_albums(self.albums)

    def write(self) -> Takeout:
        """Folder by folder."""
        for folder in self.albums:
            self._add_album_json(folder)
        for folder in [*(self._year_folders() if self.style.has_years else []), *self.albums, *self._other_folders()]:
            self._add_folder(folder)
        self._add_others()
        self._repeat_some()
        return Takeout(self.style, self.files, self.expectation)

    def _exported(self) -> list[Picture]:
        """Trash and locked folder came after 2017."""
        pictures = self.library.pictures
        return [one for one in pictures if not (one.trashed or one.locked)] if self.age.old_fields else list(pictures)

    def _year_folders(self) -> list[_Folder]:
        shown = [one for one in self._exported() if not (one.trashed or one.locked or one.failed)]
        folders: dict[str, list[Picture]] = {}
        for picture in shown:
            folders.setdefault(self._year_folder(picture, folders), []).append(picture)
        found = []
        for name, pictures in folders.items():
            # days had a JSON each, years only at first
            has_json = self.age.folders == "days" or self.style.age == "2022"
            year = pictures[0].year if self.age.folders != "days" else None
            folder = _Folder(name, pictures, title=name.partition(" #")[0] if has_json else None, year=year)
            self._add_album_json(folder)
            found.append(folder)
        return found

    def _year_folder(self, picture: Picture, folders: dict[str, list[Picture]]) -> str:
        if self.age.folders == "days":
            day = f"{picture.taken or picture.uploaded:%Y-%m-%d}"
            return day if len(folders.get(day, ())) < 30 else f"{day} #2"
        return (self.message.year if self.age.folders == "translated" else "Photos from {}").format(picture.year)

    def _album_folders(self) -> list[_Folder]:
        taken: set[str] = set()
        found = []
        for album in self.library.albums:
            title = album.title or self.message.untitled
            name = cut(sanitised(title, keeps_ampersand=self.rules.keeps_ampersand), ALBUM_UNITS)
            name = next(one for one in (f"{name}({n})" if n else name for n in range(1000)) if one not in taken)
            taken.add(name)
            # that albums had sidecars only is known of later exports
            album = replace(album, foreign=album.foreign and not self.age.old_fields)
            found.append(_Folder(name, album.pictures, album))
        return found

    def _other_folders(self) -> list[_Folder]:
        kinds = {
            self.message.archive: [one for one in self._exported() if one.archived and not self.age.old_fields],
            self.message.trash: [one for one in self._exported() if one.trashed],
            self.message.locked: [one for one in self._exported() if one.locked],
            self.message.failed: [one for one in self._exported() if one.failed],
            self.message.memory: [one for one in self._exported() if one.year == 2021 and one.has_file and one.has_sidecar][:2],
        }
        if not self.style.has_years:
            del kinds[self.message.memory], kinds[self.message.archive]
        return [_Folder(name, pictures) for name, pictures in kinds.items() if pictures]

    def _add_folder(self, folder: _Folder) -> None:
        album = folder.album
        named = name_all(folder.pictures, self.rules, self.message.edited)
        for picture, names in zip(folder.pictures, named, strict=True):
            if picture.has_sidecar:
                sidecar = self._add(folder.name, names.sidecar, _json(self._sidecar(picture)))
                if not picture.has_file or (album and album.foreign and not self._has_file_elsewhere(picture)):
                    self.expectation.orphans.add(sidecar)
                elif names.sure:
                    self.expectation.used.add(sidecar)
            if picture.has_file and not (album and album.foreign):
                self._add_files(folder, picture, names)

    def _has_file_elsewhere(self, picture: Picture) -> bool:
        return self.style.has_years or any(picture in album.pictures for album in self.library.albums if not album.foreign)

    def _add_files(self, folder: _Folder, picture: Picture, names: Named) -> None:
        base = self._expected(picture, folder)
        wanted = names_in_immich(picture.title, picture.suffix) if picture.has_sidecar else frozenset({names.media})
        self._add_media(folder, names.media, picture.content, picture, _named(base, wanted, names.media, sure=names.sure))
        if picture.moving and names.moving is not None:
            self._add_moving(folder, picture, names, base)
        for edit, name, mark, sure in zip(picture.edits, names.edits, names.marks, names.sure_edits, strict=True):
            # where the cut left little of its marker, that is whole again: in which language, nobody can know
            marks = [edit.marker or self.message.edited, LANGUAGES["en"].edited]
            if mark and mark != marks[0]:
                marks += [one.edited for one in LANGUAGES.values() if one.edited.startswith(mark)]
            ends = {edit.suffix or picture.suffix, PurePosixPath(name).suffix}
            wanted = frozenset().union(*(names_in_immich(picture.title, end, one) for end in ends for one in marks))
            self._add_media(folder, name, edit.content, picture, _named(base, wanted, name, sure=sure))

    def _add_moving(self, folder: _Folder, picture: Picture, names: Named, base: Expected) -> None:
        assert picture.moving
        assert names.moving is not None
        inner = self._add(folder.name, names.moving, picture.moving.content)
        content = media.sha1(picture.moving.content)
        self.expectation.contents[inner] = content
        if picture.moving.embedded:
            # without an index nobody can look whether the picture holds it
            if self.style.form == "tgz":
                self._expect(content, replace(base, names=ANY, optional=True))
            else:
                self.expectation.left_out[content] = "inside its picture"
            return
        # a name without an extension is not taken by Immich, and nobody says what it should be
        wanted = names_in_immich(picture.title, picture.moving.suffix) if picture.moving.suffix else ANY
        if picture.moving.suffix:
            wanted = frozenset(f"{one.rpartition('.')[0]}{picture.moving.suffix}" for one in wanted)
        self._expect(content, _named(base, wanted, names.moving, sure=names.sure))

    def _add_media(self, folder: _Folder, name: str, content: bytes, picture: Picture, expected: Expected) -> None:
        inner = self._add(folder.name, name, content)
        digest = media.sha1(content)
        self.expectation.contents[inner] = digest
        if picture.trashed or picture.locked:
            self.expectation.left_out[digest] = "trashed" if picture.trashed else "locked"
        else:
            self._expect(digest, expected)

    def _expect(self, content: str, expected: Expected) -> None:
        """The copies of a content are united: it may have the name of any, and is sure where all of them are."""
        before = self.expectation.pictures.get(content)
        if before:
            year = expected.year if expected.year == before.year else None
            expected = replace(expected, names=expected.names | before.names, sure=expected.sure and before.sure, year=year)
        self.expectation.pictures[content] = expected

    def _expected(self, picture: Picture, folder: _Folder) -> Expected:
        """All that the export says of a picture, in any of its folders."""
        albums = frozenset(
            self.album_names[one.name]
            for one in self.albums
            if one.name in self.album_names and any(member is picture for member in one.pictures)
        )
        if not picture.has_sidecar:
            # whether it is in the album whose folder it lies in nobody says
            return Expected(ANY, year=folder.year, more_albums=albums, optional=picture.failed)
        if self.age.old_fields:
            return Expected(ANY, description=picture.description or None, albums=albums)
        return Expected(
            ANY,
            taken=picture.taken.timestamp() if picture.taken else None,
            description=picture.description or None,
            position=picture.position,
            favorite=picture.favorite,
            archived=picture.archived,
            albums=albums,
            people=frozenset(picture.people),
        )

    def _add(self, folder: str, name: str, content: bytes) -> str:
        path = f"{ROOT}/{self.message.root}/{folder}/{name}"
        self.files.append(PartFile(path, content, self.chance.randint(1, self.style.parts)))
        return path

    def _sidecar(self, picture: Picture) -> dict[str, object]:
        key = media.sha1(picture.content)
        found: dict[str, object] = {"title": picture.title, "description": picture.description}
        if self.age.old_fields:
            url = f"https://lh3.googleusercontent.com/-{key[:11]}/{key[11:]}/s0-d/{sanitised(picture.title, keeps_ampersand=False)}"
            return {"tags": [], **found, "people": [], "comments": [], "url": url, "creationTime": self._moment(picture.uploaded)}
        found |= {
            "imageViews": str(int(key[:2], 16)),
            "creationTime": self._moment(picture.uploaded),
            "photoTakenTime": self._moment(picture.taken),
        }
        by_camera = picture.camera.position
        # where the camera knew it and the owner did not change it, half of the exports leave geoData empty
        unchanged = by_camera == picture.position and int(key[0], 16) % 2 == 0
        found["geoData"] = _geo(None if unchanged else picture.position)
        if by_camera or self.style.age in ("2020", "2022"):
            found["geoDataExif"] = _geo(by_camera)
        if picture.people:
            found["people"] = [{"name": name} for name in picture.people]
        for flag, field_name in (("favorite", "favorited"), ("archived", "archived"), ("trashed", "trashed"), ("locked", "inLockedFolder")):
            if getattr(picture, flag):
                found[field_name] = True
        if picture.has_url:
            found["url"] = f"https://photos.google.com/photo/AF1Qip{key}"
        found["googlePhotosOrigin"] = {"fromPartnerSharing": {}} if picture.partner else {"mobileUpload": {"deviceType": "ANDROID_PHONE"}}
        return found

    def _moment(self, moment: datetime | None) -> dict[str, str]:
        shown = moment or datetime(1970, 1, 1, tzinfo=UTC)
        months = {"de": "Jan. Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez."}.get(
            self.style.language, "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
        )
        formatted = f"{shown:%d} {months.split()[shown.month - 1]} {shown:%Y, %H:%M:%S} UTC"
        return {"timestamp": str(int(shown.timestamp())), "formatted": formatted}

    def _add_album_json(self, folder: _Folder) -> None:
        title = folder.album.title if folder.album else folder.title
        if title is None:
            return
        description = folder.album.description if folder.album else ""
        fields: dict[str, object] = {"title": title}
        if self.age.album_fields == "title":
            if description:
                fields["enrichments"] = [{"narrativeEnrichment": {"text": description}}]
        else:
            fields |= {"description": description, "access": "protected", "date": self._moment(datetime(2019, 8, 1, tzinfo=UTC))}
            fields |= {"location": "", "geoData": _geo(None)}
        self._add(folder.name, self.message.album_json, _json({"albumData": fields} if self.age.album_fields == "old" else fields))
        if folder.album and folder.name in self.album_names and folder.album.pictures:
            plain = None if self.age.album_fields == "title" else description
            self.expectation.albums[self.album_names[folder.name]] = plain

    def _add_others(self) -> None:
        """Adds files that are neither photos of the library nor sidecars, such as those of other products."""
        root = f"{ROOT}/{self.message.root}"
        contact = media.jpeg(f"contact {self.style.seed}")
        self.expectation.contents[f"{ROOT}/Contacts/My Contacts/Anna.jpg"] = media.sha1(contact)
        self.expectation.left_out[media.sha1(contact)] = "of another product"
        for path, content in {
            f"{ROOT}/archive_browser.html": b"<html><body>Google</body></html>",
            f"{ROOT}/Contacts/My Contacts/Anna.jpg": contact,
            f"{ROOT}/Contacts/My Contacts/My Contacts.vcf": b"BEGIN:VCARD\r\nEND:VCARD\r\n",
            f"{root}/print-subscriptions.json": _json({}),
            f"{root}/shared_album_comments.json": _json({"sharedAlbumComments": [{"text": "Nice!", "contentOwnerName": "Bob"}]}),
            f"{root}/user-generated-memory-titles.json": _json({"title": ["A day out", "Us"]}),
        }.items():
            self.files.append(PartFile(path, content, self.chance.randint(1, self.style.parts)))

    def _repeat_some(self) -> None:
        """A few files stand in two parts."""
        if self.style.parts > 1:
            for file in self.chance.sample(self.files, 4):
                self.files.append(replace(file, part=file.part % self.style.parts + 1))


def _on_one_day_a_year(library: Library) -> Library:
    """The library with each picture moved to the first of January of its year: the folder of a day has several."""
    moved = {
        picture.sha1: replace(
            picture,
            taken=picture.taken and picture.taken.replace(month=1, day=1),
            uploaded=picture.uploaded if picture.taken else picture.uploaded.replace(month=1, day=1),
        )
        for picture in library.pictures
    }
    albums = (replace(album, pictures=tuple(moved[picture.sha1] for picture in album.pictures)) for album in library.albums)
    return Library(tuple(moved.values()), tuple(albums))


def _names_of_albums(folders: Sequence[_Folder]) -> dict[str, str]:
    """Folder → name of its album in Immich. Of those with the same title the second in the order of folders is "Title (2)"."""
    seen: dict[str, int] = {}
    found = {}
    for folder in sorted(folders, key=lambda one: one.name):
        if folder.album and folder.album.title:
            title = folder.album.title
            seen[title] = seen.get(title, 0) + 1
            found[folder.name] = title if seen[title] == 1 else f"{title} ({seen[title]})"
    return found


def _named(expected: Expected, names: frozenset[str], own: str, *, sure: bool) -> Expected:
    """The expectation with the names that a picture may get in Immich: with its own, unless it is `sure` whose title it has."""
    return replace(expected, names=names if sure or names == ANY else names | {own}, sure=sure)


def _geo(position: Place | None) -> dict[str, float]:
    latitude, longitude = position or (0.0, 0.0)
    return {"latitude": latitude, "longitude": longitude, "altitude": 0.0, "latitudeSpan": 0.0, "longitudeSpan": 0.0}


def _json(content: object) -> bytes:
    """JSON as Google writes it: some characters escaped that need not be."""
    text = json.dumps(content, ensure_ascii=False, indent=2)
    for character in "&'<>=":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text.encode()
