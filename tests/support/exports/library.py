# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A made-up photo library: what its owner sees before anything is exported. It knows of no export's file names."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from pathlib import PurePosixPath

from support.exports import media
from support.exports.media import Camera

Place = tuple[float, float]

PLACES: tuple[tuple[Place, float], ...] = (
    ((41.9, 12.5), 2),
    ((-33.865, 151.21), 10),
    ((40.7128, -74.006), -4),
    ((27.7172, 85.324), 5.75),
    ((52.52, 13.405), 1),
)
"""Where pictures are taken, and how many hours the clocks there are ahead of UTC."""


@dataclass(frozen=True)
class Edit:
    """A changed copy that the library keeps beside the original. `marker` is the word that its maker adds; None: "edited"."""

    content: bytes
    marker: str | None = None
    suffix: str | None = None
    """The extension, if it is not the original's."""


@dataclass(frozen=True)
class Moving:
    """The moving half of a live or motion photo. `suffix` is empty where its file has the whole stem of the still as its name."""

    content: bytes
    suffix: str
    embedded: bool = False
    """Whether the still holds the same video."""


@dataclass(frozen=True)
class Picture:
    """A photo or video. `taken` and `uploaded` are UTC; `position` is what the owner sees, the camera's is in the file.

    `suffix` is the extension that goes with the content, for a title that has none.
    """

    title: str
    content: bytes
    suffix: str
    uploaded: datetime
    taken: datetime | None = None
    camera: Camera = media.NO_CAMERA
    description: str = ""
    position: Place | None = None
    favorite: bool = False
    archived: bool = False
    trashed: bool = False
    locked: bool = False
    partner: bool = False
    people: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    rating: int | None = None
    edits: tuple[Edit, ...] = ()
    moving: Moving | None = None
    has_sidecar: bool = True
    """False: the export forgets it."""
    has_url: bool = True
    """False: the export does not say where on the web it is."""
    has_file: bool = True
    """False: it is another's, or in a part that is missing: only its sidecar is exported."""
    failed: bool = False
    """A video that the library could not process."""

    @cached_property
    def sha1(self) -> str:
        """The SHA-1 of the content, which identifies a picture."""
        return media.sha1(self.content)

    @property
    def year(self) -> int:
        """The year under which it is filed."""
        return (self.taken or self.uploaded).year


@dataclass(frozen=True)
class Album:
    """An album, its pictures in order. `foreign`: its pictures are exported elsewhere only, in this album's folder are their sidecars."""

    title: str
    pictures: tuple[Picture, ...]
    description: str = ""
    foreign: bool = False


@dataclass(frozen=True)
class Library:
    """All of it. Titles may repeat, among pictures and among albums."""

    pictures: tuple[Picture, ...]
    albums: tuple[Album, ...] = ()

    def __post_init__(self) -> None:
        contents = [picture.sha1 for picture in self.pictures]
        assert len(set(contents)) == len(contents)


@dataclass
class Roll:
    """Takes pictures, one after the other."""

    seed: int = 0
    pictures: list[Picture] = field(default_factory=list)

    def take(self, title: str, year: int = 2019, *, hours_later: float | None = None, **facts: object) -> Picture:
        """A picture of its own. What is not given follows from its number: the place, and what its camera writes down.

        `camera` may be given; `moving` is the extension of a moving half, `edits` are markers (None: "edited").
        """
        number = len(self.pictures)
        (place, ahead) = PLACES[number % len(PLACES)]
        given = dict(facts)
        step = timedelta(hours=37.1 * number) if hours_later is None else timedelta(hours=hours_later)
        taken = given.pop("taken", datetime(year, 1, 2, 9, 30, number % 60, tzinfo=UTC) + step % timedelta(days=360))
        assert taken is None or isinstance(taken, datetime)
        suffix = str(given.pop("suffix", "") or PurePosixPath(title).suffix)
        has_exif = suffix.lower() in (".jpg", ".jpeg", ".heic", ".dng")
        if "camera" not in given and has_exif and taken and taken.year > 1990 and number % 4:
            given["camera"] = Camera(media.local(taken, ahead), zoned=number % 4 == 1, position=place if number % 3 == 0 else None)
        camera = given.get("camera", media.NO_CAMERA)
        assert isinstance(camera, Camera)
        motion, edits = given.pop("moving", None), given.pop("edits", ())
        assert isinstance(edits, Iterable)
        moving = self._moving(number, str(motion), camera, taken) if motion is not None else None
        size = given.pop("size", 0)
        assert isinstance(size, int)
        embedded = moving.content if moving and moving.embedded else b""
        position = given.pop("position", camera.position)
        picture = Picture(
            title=title,
            content=self._content(f"{self.seed}/{number}/{title}", suffix.lower(), taken, camera, motion=embedded, size=size),
            suffix=suffix,
            taken=taken,
            uploaded=(taken or datetime(year, 1, 1, tzinfo=UTC)) + timedelta(days=40, seconds=number),
            position=position,  # type: ignore[arg-type]
            moving=moving,
            edits=tuple(self._edit(number, marker, suffix, camera) for marker in edits),
            **given,  # type: ignore[arg-type]
        )
        self.pictures.append(picture)
        return picture

    def _moving(self, number: int, suffix: str, camera: Camera, taken: datetime | None) -> Moving:
        plain = suffix.removeprefix("in ")
        content = media.video(
            f"{self.seed}/{number}/moving",
            taken,
            quicktime=plain.lower() == ".mov",
            content_identifier=camera.content_identifier,
        )
        return Moving(content, plain, embedded=suffix.startswith("in "))

    def _edit(self, number: int, marker: object, suffix: str, camera: Camera) -> Edit:
        assert marker is None or isinstance(marker, str)
        kind = ".jpg" if suffix.lower() == ".heic" else suffix
        content = self._content(f"{self.seed}/{number}/edit{marker}", kind.lower(), None, camera)
        return Edit(content, marker, kind if kind != suffix else None)

    @staticmethod
    def _content(seed: str, suffix: str, taken: datetime | None, camera: Camera, *, motion: bytes = b"", size: int = 0) -> bytes:
        if suffix in (".mp4", ".mov", ".m4v"):
            return media.video(seed, taken, seconds=20, quicktime=suffix == ".mov", content_identifier=camera.content_identifier)
        if suffix in (".heic", ".dng"):
            return media.heic(seed, camera) if suffix == ".heic" else media.raw(seed, camera)
        if suffix in (".png", ".gif"):
            return media.png(seed) if suffix == ".png" else media.gif(seed)
        return media.jpeg(seed, camera, motion=motion, size=size)


def long_title(units: int, lead: str = "", suffix: str = ".jpg") -> str:
    """A title that is so many UTF-16 units long."""
    filler = "abcdefghijklmnopqrstuvwxyz0123456789" * 3
    return lead + filler[: units - len(lead.encode("utf-16-le")) // 2 - len(suffix)] + suffix


@cache
def made_up(seed: int = 0) -> Library:
    """A library with everything that is known to lose pictures, dates, albums or live photos. Another seed: other bytes, other extras."""
    roll = Roll(seed)
    albums = [
        *_everyday(roll),
        *_same_names(roll),
        *_names(roll),
        *_moving(roll),
        *_flags(roll),
    ]
    _long_names(roll)
    _random(roll, random.Random(seed))
    albums.append(Album("Nothing yet", ()))
    return Library(tuple(roll.pictures), tuple(albums))


AT_TEN = datetime(2019, 7, 4, 8, 11, 12, tzinfo=UTC)
"""A little after ten, in Rome."""


def _everyday(roll: Roll) -> list[Album]:
    take = roll.take
    rome = take("IMG_20190704_101112.jpg", description='Two lines\nwith "quotes" & <signs> = it\'s fine', people=("Anna", "Bob & Eve"))
    moved = take("IMG_20190704_101500.jpg", taken=AT_TEN, position=(41.8902, 12.4922), camera=_at_ten((1.0, 2.0)))
    by_camera = take("IMG_20190704_102000.jpg", taken=AT_TEN, position=(45.0, 9.0), camera=_at_ten((45.0, 9.0)))
    corrected = take("IMG_20190705_080000.jpg", taken=datetime(2019, 7, 8, 6, 7, 30, tzinfo=UTC), camera=_at_ten(None))
    take("Scan 12.jpg", 1962, taken=datetime(1962, 5, 6, 12, 0, tzinfo=UTC), description="Grandmother's wedding")
    take("received_1.jpg", taken=None, camera=media.NO_CAMERA)
    film = take("VID_20190704_200000.mp4", favorite=True)
    film_only = take("MOV_0001.mp4", 2020)
    lonely = take("IMG_20200101_000001.jpg", 2020, has_url=False)
    take("IMG_20200101_000002.jpg", 2020, has_url=False, has_file=False)
    foreign = take("DSC_9999.JPG", 2019, has_file=False)
    summer = Album("Summer 2019", (rome, moved, by_camera, corrected, film, lonely, foreign), description="The *whole* summer\nand more")
    return [
        summer,
        Album("Rome", (rome, moved), description="With Anna"),
        Album("Rome", (by_camera, film_only)),
        Album("", (rome,)),
        Album("", (film_only,)),
        Album("Shared with Anna", (rome, lonely, foreign), foreign=True),
        Album('Party: "2020" / best? ' + "x" * 27 + " end of it", (rome, film_only)),
        Album('Party_ "2020" / best? ' + "x" * 27 + " another end", (moved,)),
        Album("été à Nîmes 🎉", (rome,)),
    ]


def _at_ten(position: Place | None) -> Camera:
    return Camera(media.local(AT_TEN, 2), zoned=True, position=position)


def _same_names(roll: Roll) -> list[Album]:
    take = roll.take
    first = take("IMG_0001.JPG", 2019, edits=(None,), people=("Anna",))
    second = take("IMG_0001.JPG", 2019, edits=(None,), favorite=True, description="the second")
    third = take("IMG_0001.JPG", 2019, description="the third")
    elsewhere = take("IMG_0001.JPG", 2021, edits=(None,))
    take("Negative0-36-35(1).jpg", 2018, description="its own number")
    take("Negative0-36-35(1).jpg", 2018, description="a namesake of it", edits=(None,))
    take("image(2).png", 2018)
    same_size = take("DSC_0032.JPG", 2016, size=2048)
    take("DSC_0032.JPG", 2018, size=2048, description="another of equal size")
    take("IMG_1.jpg", 2018, description="not that of IMG_10", edits=(None,))
    take("IMG_10.jpg", 2018, has_sidecar=False)
    take("IMG_0500.JPG", 2015, hours_later=1)
    take("IMG_0500.MOV", 2015, hours_later=4000, description="no half of that photo")
    forgotten = take("20150101_010101.jpg", 2015, has_sidecar=False)
    return [
        Album("Namesakes", (third, second, elsewhere)),
        Album("Old camera", (same_size, first, forgotten)),
    ]


def _names(roll: Roll) -> list[Album]:
    take = roll.take
    odd = take('a/b\\c: "d" <e>*|f?.jpg', 2017, edits=(None,))
    take("Tom & Jerry's 100%.jpg", 2017, edits=(None,))
    take("été à Nîmes.jpg", 2017, edits=(None,))
    take("写真 1.jpg", 2017)
    take("🎉.jpg", 2017)
    take("2013-12-23", 2013, suffix=".jpg")
    take("2013-12-23", 2013, suffix=".jpg", description="the second of that day")
    take("2234089303984509579", 2013, suffix=".jpg", edits=(None,))
    take("21.12.11 - 1", 2011, suffix=".jpg")
    take("21.12.11 - 1", 2011, suffix=".jpg", description="dotted, the second")
    dsc = take("DSC_0100.JPG", 2017, edits=(None,))
    take("IMG_20170101_000000~2.jpg", 2017, description="changed on the phone")
    take("IMG_20170101_000000.jpg", 2017, edits=("-EFFECTS",))
    take("IMG_20170101_000001.jpg", 2017, edits=("-ERASER-edited",))
    take("IMG_20170101_000002-COLLAGE.jpg", 2017)
    take("IMG_20170101_000003-ANIMATION.gif", 2017)
    take("Beach-edited.jpg", 2017, description="its title ends so")
    take("Beach.jpg", 2017, edits=(None,))
    for index in (1, 2, 3):
        take(f"00001IMG_0000{index}_BURST20170203040506.jpg", 2017, hours_later=800 + index / 3600)
    take("PXL_20210101_101010123.RAW-01.COVER.jpg", 2021, hours_later=10)
    take("PXL_20210101_101010123.RAW-02.ORIGINAL.dng", 2021, hours_later=10)
    return [Album("Odd? names / 100%", (odd, dsc))]


def _moving(roll: Roll) -> list[Album]:
    take = roll.take

    def apple(day: int, title: str, moving: str, **facts: object) -> Picture:
        taken = datetime(2022, 1, 1, 9, 30, day % 60, tzinfo=UTC) + timedelta(days=day)
        camera = Camera(media.local(taken, 1), zoned=True, position=(52.52, 13.405), content_identifier=f"A-{day}")
        return take(title, 2022, hours_later=None, taken=taken, moving=moving, camera=camera, **facts)

    live = apple(4, "IMG_4321.HEIC", ".MOV", favorite=True, description="live")
    again = apple(125, "IMG_4321.HEIC", ".MOV", description="the counter came round")
    apple(8, "IMG_4400.HEIC", ".MP4", edits=(None,))
    apple(12, "IMG_7000.HEIC", ".MOV")
    take("IMG_7000.JPG", 2022, hours_later=5000)
    take("20220101_101010.jpg", 2022, moving=".mp4")
    pixel = take("PXL_20220203_040506789.MP.jpg", 2022, moving="in ")
    take("PXL_20220203_040506789.MP~2.jpg", 2022, moving="in ")
    take("MVIMG_20180203_040506.jpg", 2022, moving="in ")
    take("PXL_20220203_040507000.MP.jpg", 2022, moving="", description="its video is not inside")
    return [Album("Moving", (live, again, pixel))]


def _flags(roll: Roll) -> list[Album]:
    take = roll.take
    kept = take("IMG_20160101_000001.jpg", 2016, archived=True, favorite=True)
    take("IMG_20160101_000002.jpg", 2016, trashed=True, edits=(None,))
    take("IMG_20160101_000003.jpg", 2016, locked=True)
    take("IMG_20160101_000004.jpg", 2016, partner=True)
    take("VID_20160101_000005.mp4", 2016, failed=True, has_sidecar=False)
    return [Album("Kept away", (kept,))]


def _long_names(roll: Roll) -> None:
    take = roll.take
    for units in range(44, 61):
        take(long_title(units, f"{units} "), 2014, edits=(None,) if units not in (51, 55) else ())
    for units in (46, 52):
        take(long_title(units, f"{units} twice "), 2014, description="first")
        take(long_title(units, f"{units} twice "), 2014, description="second")
    for last in ("x", "y"):  # cut to 46 units they are one name, cut to 47 they are two
        take(f"{'sidecars alone '.ljust(46, 'c')}{last}tail.jpg", 2014, description=f"sidecars {last}")
    for last in ("x", "y"):
        take(f"{'both '.ljust(50, 'd')}{last}.jpg", 2014, description=f"both {last}")
    for before in (44, 45, 46, 47):
        take(f"{f'{before} '.ljust(before, 'e')}🎉🎉tail.jpg", 2014, description=f"a surrogate pair after {before}")


def _random(roll: Roll, chance: random.Random) -> None:
    """Extras that differ by seed."""
    for number in range(12):
        message = " ".join(chance.choices(("sea", "tür", "夏", "no. 5", "x" * 20, "&", "(2)", "edited", "👍"), k=chance.randint(1, 5)))
        title = f"{number} {message}{chance.choice(('.jpg', '.JPG', '.jpeg', '.png', '.mp4', '.HEIC'))}"
        roll.take(title, 2012, description=message, edits=(None,) if chance.random() < 0.3 else ())


@cache
def tangled(seed: int = 0) -> Library:
    """Names that even their owner could only tell apart by what the pictures say themselves: right, or reported, but never wrong."""
    roll = Roll(seed)
    for title in ("X.jpg", "X.jpg", "X(1).jpg", "X(1).jpg"):
        roll.take(title, 2020, description=f"{title} {len(roll.pictures)}")
    for tail in ("a1.jpg", "b1.jpg", "a2.jpg", "b2.jpg"):
        roll.take(f"{'tangle '.ljust(46, 'f')}{tail}", 2021, description=tail, edits=(None,))
    return Library(tuple(roll.pictures))
