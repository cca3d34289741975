# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each reader of what others wrote, as a function of bytes, and what it may raise and use up.

A function does with the input what a run would do with such a file, as far as others have a say in it, and asserts what it owes whatever it
is given.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
import yaml
from ansible.errors import AnsibleFilterError
from ansible.plugins.filter.core import regex_replace
from hypothesis import strategies as st

from ansible_collections.photoyard.immich.plugins.filter.duplicates_html import duplicates_html
from ansible_collections.photoyard.immich.plugins.filter.report_html import report_html
from ansible_collections.photoyard.immich.plugins.module_utils._archive.manifest import Header, Manifest
from ansible_collections.photoyard.immich.plugins.module_utils._assets.options import Shift
from ansible_collections.photoyard.immich.plugins.module_utils._assets.shift_record import ShiftRecord
from ansible_collections.photoyard.immich.plugins.module_utils._backup import manifests, proof
from ansible_collections.photoyard.immich.plugins.module_utils._backup.local import LocalBackup
from ansible_collections.photoyard.immich.plugins.module_utils._backup.verification import dump_sql
from ansible_collections.photoyard.immich.plugins.module_utils._client.versions import OLDEST
from ansible_collections.photoyard.immich.plugins.module_utils._duplicates import reviewed
from ansible_collections.photoyard.immich.plugins.module_utils._duplicates.model import ACTIONS
from ansible_collections.photoyard.immich.plugins.module_utils._files.archives.archives import with_nested
from ansible_collections.photoyard.immich.plugins.module_utils._media.exif import read_camera
from ansible_collections.photoyard.immich.plugins.module_utils._media.movie import read_movie
from ansible_collections.photoyard.immich.plugins.module_utils._media.structure import extension_by_content
from ansible_collections.photoyard.immich.plugins.module_utils._metadata.fields import keep
from ansible_collections.photoyard.immich.plugins.module_utils._metadata.value_types import TAGS_LIST, XMP, Xmp, XmpList
from ansible_collections.photoyard.immich.plugins.module_utils._metadata.xmp import has_place_alone, with_values
from ansible_collections.photoyard.immich.plugins.module_utils._moves.attached import MoveRecord
from ansible_collections.photoyard.immich.plugins.module_utils._queues.leases import ledger, state_folder
from ansible_collections.photoyard.immich.plugins.module_utils._text import parse_json
from ansible_collections.photoyard.immich.plugins.plugin_utils._progress.line import Pace, closing, progress
from ansible_collections.photoyard.immich.plugins.plugin_utils._progress.snapshot import parse
from eda.plugins import load
from fuzz import formats, seeds
from fuzz.answers import Client, PolledSession
from fuzz.bounds import Bounds
from fuzz.mutations import LARGEST, UTF8, Format, changed, damaged, damaged_lines
from support.collection import (
    NO_KEYWORDS,
    ArchiveTree,
    FileLedger,
    Item,
    UnreadableXmp,
    Version,
    archive_items,
    archive_sidecar,
    errors,
    keywords_of,
    recognise,
    with_metadata,
)
from support.ledgers import SERVER, look_into, look_into_album
from support.photos.items import MemoryItem, RecordingListener
from support.photos.reading import read_export
from support.photos.takeouts import JPEG, KINDS, YEAR
from support.photos.takeouts import sidecar_of as takeout_sidecar_of
from support.playbooks.playbook import REPOSITORY

RATED: Xmp = {f"{XMP} Rating": "4", TAGS_LIST: XmpList("Seq", ("a",))}
FINDS = Path(__file__).parent / "finds"
MIB = 1024 * 1024

Read = Callable[[bytes], object]


class Reader(NamedTuple):
    """`inputs` are drawn from, `seeds` are what it takes when all is well, and `refusals` is what it may raise for all else.

    It may use `memory`, in bytes, and so many steps, whatever the input says, plus `steps_per_byte` for each of its bytes.
    """

    read: Read
    seeds: Sequence[bytes]
    inputs: st.SearchStrategy[bytes]
    refusals: tuple[type[Exception], ...] = ()
    memory: int = 16 * MIB
    steps: int = 400_000
    steps_per_byte: int = 100


def finds_of(name: str) -> list[bytes]:
    """The inputs that were found once."""
    return [path.read_bytes() for path in sorted((FINDS / name).glob("*"))]


def check(reader: Reader, content: bytes, bounds: Bounds) -> None:
    """Reads an input. Raises `AssertionError`, or what no reader may raise."""
    with bounds.hold(steps=reader.steps + reader.steps_per_byte * len(content), memory=reader.memory), suppress(*reader.refusals):
        reader.read(content)


@cache
def _own_folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="fuzz-")


def _written(name: str, content: bytes) -> Path:
    """A file of this name with this content, in place of the one before."""
    path = Path(_own_folder().name) / name
    path.write_bytes(content)
    return path


@contextmanager
def _empty_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(dir=_own_folder().name))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def read_photo(content: bytes) -> None:
    extension_by_content(content[:64])
    read_camera(content)


def read_video(content: bytes) -> None:
    read_movie(content)


def _read_archive(name: str, content: bytes) -> None:
    """Each member comes out with the bytes that the archive says, or fails."""
    listener = RecordingListener()
    for item in with_nested(archive_items([str(_written(name, content))], listener), listener):
        assert not item.inner.startswith("/")
        assert ".." not in item.inner.split("/")
        with suppress(errors.LocalFailure):
            size = checksum = 0
            for block in item.blocks():
                size, checksum = size + len(block), zlib.crc32(block, checksum)
            assert (size, checksum) == (item.size, checksum if item.crc is None else item.crc)
        _look_into(item)
    assert all(message for _path, message in listener.failed)


def _look_into(item: Item) -> None:
    for look in (item.camera, item.movie, lambda: item.read(64), item.require_unchanged):
        with suppress(errors.LocalFailure):
            look()


def _read_export(layout: str, files: Mapping[str, bytes]) -> None:
    """What it says of a photo can be sent, kept in an archive, and written into a sidecar. `read_export` holds the sum of its counts."""
    recognise([MemoryItem(path, content) for path, content in files.items()])
    export, listener, _items = read_export(layout, KINDS, [MemoryItem(path, content) for path, content in files.items()])
    for item in export.items:
        said = item.facts.metadata
        item.name.encode("utf-8", "surrogateescape")
        with_metadata(None, said, NO_KEYWORDS)
        archive_sidecar(keep(said)[0])
        "".join(album.name + album.description for album in item.facts.albums).encode()
    assert all(message for _path, message in listener.failed)


def read_takeout(content: bytes) -> None:
    _read_export(
        "google_takeout",
        {
            f"{YEAR}/IMG_1.jpg": JPEG,
            f"{YEAR}/IMG_1.jpg.json": content,
            f"{YEAR}/IMG_2.jpg": JPEG + b"2",
            f"{YEAR}/IMG_2.jpg.supplemental-metadata.json": takeout_sidecar_of("IMG_2.jpg"),
            "Takeout/Google Photos/Rome/metadata.json": content,
            "Takeout/Google Photos/Rome/IMG_2.jpg": JPEG + b"2",
        },
    )


def read_icloud_table(content: bytes) -> None:
    _read_icloud({"Photos/Photo Details.csv": content, "Albums/Rome.csv": content})


def read_icloud_album(content: bytes) -> None:
    _read_icloud({"Photos/AlbumInfo.json": content, "Shared.zip/A/AlbumInfo.json": content, "Shared.zip/A/IMG_1.jpg": b"3"})


def _read_icloud(files: Mapping[str, bytes]) -> None:
    _read_export("icloud", {"Photos/IMG_1.jpg": b"1", "Photos/IMG_2.HEIC": b"2", "Photos/IMG_2.MOV": b"2", **files})


def read_picasa(content: bytes) -> None:
    photos = {f"Trip/{name}": b"1" for name in ("IMG_1.jpg", "IMG_2.jpg", "ä.jpg")}
    _read_export("picasa", {"Trip/.picasa.ini": content, "Other/Picasa.ini": content, "Other/IMG_1.jpg": b"1", **photos})


def read_immich_go(content: bytes) -> None:
    _read_export("immich_go", {"2020/a.jpg": b"1", "2020/a.jpg.JSON": content, "2020/~1": b"2", "2020/~1.JSON": content})


def read_archive_of_ours(content: bytes) -> None:
    """A manifest, as an upload and as the next archive read it."""
    _read_export("immich_archive", {"a.jpg": b"1", "a.mov": b"2", "a.jpg.xmp": b"", "immich-archive/assets.jsonl": content})
    with _empty_folder() as folder:
        (folder / "immich-archive").mkdir()
        (folder / "immich-archive/assets.jsonl").write_bytes(content)
        tree = ArchiveTree(str(folder), reads=True)
        try:
            with suppress(errors.LocalFailure):
                manifest = Manifest(tree, Header("u", "s"))
                _read_all(manifest)
                manifest.close()
        finally:
            tree.close()


def _read_all(manifest: Manifest) -> None:
    """What was accepted can be read again."""
    try:
        assert all(manifest.get(asset_id) is not None for asset_id in manifest.ids())
    except errors.LocalFailure as exc:
        raise AssertionError(exc.msg) from exc


def read_album_of_ours(content: bytes) -> None:
    """What an archive has beside its manifest: about itself, an album, and the people."""
    manifest = b"".join(json.dumps(line).encode() + b"\n" for line in seeds.MANIFEST_LINES)
    ours = {f"immich-archive/{name}": content for name in ("about.json", "albums/Rome.json", "people.json")}
    _read_export("immich_archive", {"a.jpg": b"1", "a.mov": b"2", "immich-archive/assets.jsonl": manifest, **ours})


_CONTENTS: Mapping[str, bytes] = {
    ".json": takeout_sidecar_of("IMG_1.jpg"),
    ".csv": seeds.ICLOUD_TABLES[0],
    ".ini": seeds.PICASA[0],
    ".jsonl": json.dumps(seeds.HEADER).encode() + b"\n",
}


def read_names(content: bytes) -> None:
    """The names in an export, in each layout."""
    lines = dict.fromkeys(line.strip("/") for line in content.decode("utf-8", "surrogateescape").split("\n")[:100])
    paths = [line for line in lines if line and "\0" not in line and len(line) < 4096]
    files = {path: _CONTENTS.get(os.path.splitext(path)[1].lower(), b"1") for path in paths}
    for layout in ("google_takeout", "icloud", "picasa", "immich_go", "immich_archive", "synology"):
        _read_export(layout, files)


def read_xmp(content: bytes) -> None:
    """What was added to a document can be read again."""
    keywords_of(content)
    has_place_alone(content)
    changed = with_metadata(content, seeds.METADATA, NO_KEYWORDS)
    assert set(seeds.METADATA.tags) <= {tag.rstrip("/") for tag in keywords_of(changed).tags} | set(keywords_of(content).tags)
    assert with_metadata(changed, seeds.METADATA, NO_KEYWORDS) == changed
    replaced = with_values(content, RATED)
    assert keywords_of(with_values(replaced, RATED)).tags == keywords_of(replaced).tags == ["a"]


def read_ledger(content: bytes) -> None:
    with _empty_folder() as folder:
        file = Path(FileLedger(str(folder), SERVER).path)
        file.write_bytes(content)
        try:
            look_into(file)
        except errors.LocalFailure as exc:
            assert "cannot be used: it is of version" in exc.msg


def read_lease_album(content: bytes) -> None:
    look_into_album(content.decode("utf-8", "surrogatepass"))


def read_notes(content: bytes) -> None:
    descriptor = os.open(_written("guard.lock", content), os.O_RDONLY)
    try:
        state_folder.read_notes(descriptor, 0)
    finally:
        os.close(descriptor)


def read_review(content: bytes) -> None:
    """A report that somebody has corrected: as the next run finds it at its path, and as it comes back through the option groups."""
    with suppress(errors.LocalFailure):
        reviewed.refuse_review(str(_written("review.jsonl", content)))
    given = []
    for line in content.split(b"\n"):
        with suppress(ValueError):
            given.append(parse_json(line))
    for action in ACTIONS:
        with suppress(errors.InvalidRequest):
            reviewed.parse_reviewed(given, action)


def read_dump(content: bytes) -> None:
    path = _written("dump.sql.gz" if content.startswith(b"\x1f\x8b") else "dump.sql", content)
    with suppress(errors.DamagedBackup, errors.LocalFailure):
        proof.prove_dump(str(path))
    with suppress(errors.LocalFailure):
        LocalBackup(str(path.parent), path.name, False).refuse_foreign()
    with suppress(errors.LocalFailure):
        dump_sql.read_head(str(path))
    for keeps in (True, False):
        with suppress(errors.LocalFailure):
            for _piece in dump_sql.statements(str(path), dump_sql.DumpContents(), keep_search_indexes=keeps):
                pass


def read_proof(content: bytes) -> None:
    backup = _written("backup.json", content).with_suffix(".sql.gz")
    found = manifests.read(manifests.path_of(str(backup)))
    manifests.differences_of(found)
    json.dumps(manifests.read_proof(str(backup), None, 10)).encode()
    json.dumps(manifests.read_proof(str(backup), "0" * 64, 10)).encode()


@cache
def _lease_of_alert() -> jinja2.Template:
    """The expression of the rulebook that names a lease after an alert."""
    (rulebook,) = yaml.safe_load((REPOSITORY / "extensions/eda/rulebooks/pause_during_alert.yml").read_text(encoding="utf-8"))
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    environment.filters["regex_replace"] = regex_replace
    return environment.from_string(rulebook["rules"][0]["action"]["run_module"]["module_args"]["lease"])


@cache
def _only_changes() -> Callable[..., object]:
    return load("only_changes")["main"]  # type: ignore[no-any-return]


def read_webhook(content: bytes) -> None:
    """The body of an event: what passes the filter, and the lease that is named after it."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):  # ansible-rulebook answers 400
        return
    event = {"payload": body, "meta": {}}
    _only_changes()(event, ["payload.status", "payload.groupKey"])
    with suppress(jinja2.UndefinedError):  # the rule says then that a value is missing
        name = _lease_of_alert().render(event=event)
        ledger.check_name(name)
        assert "{" not in name


def _show(make_page: Callable[[str], str], content: bytes) -> None:
    """A report that came from a host, on the page of a filter: what it says is never markup."""
    with suppress(AnsibleFilterError):
        page = make_page(str(_written("report.jsonl", content)))
        page.encode()
        assert seeds.MARKUP not in page


def read_progress(content: bytes) -> None:
    """How far a module is, as its file says that on a host: two looks, and what a person reads of them."""
    snapshot, pace = parse(content.decode("utf-8", "replace")), Pace()
    if snapshot is None:
        return
    for number in range(2):
        pace.add(replace(snapshot, seconds=snapshot.seconds + 60 * number), 60.0 * number)
        progress(snapshot, pace).encode()
    closing(snapshot, check_mode=False).encode()


@cache
def _clients() -> Sequence[Client]:
    return Client(OLDEST), Client(Version(3, 1, 0)), Client(Version(3, 3, 5))


def read_answers(content: bytes) -> None:
    """The answer of a server of some version to each call of the client. What is taken can be sent on."""
    client = _clients()[zlib.crc32(content) % len(_clients())]
    for result in client.results(content):
        with suppress(errors.ImmichError):
            json.dumps(result(), ensure_ascii=False, allow_nan=False, default=list).encode()


@cache
def _event_source() -> Mapping[str, Any]:
    return load("immich_server")


def read_polls(content: bytes) -> None:
    """What a server answers to the event source, twice: each poll is an event, whatever that says."""
    source = _event_source()
    options = source["Options"].of({"url": SERVER, "api_key": "k"}, {})
    server = source["Server"](options, source["Api"](options, PolledSession(content)))
    source["LOGGER"].disabled = True  # each input would be a line; other tests of this process read what it logs
    try:
        for _poll in range(2):
            assert json.dumps(asyncio.run(server.poll()))
    finally:
        source["LOGGER"].disabled = False


def read_record(content: bytes) -> None:
    """The record of a shift, and that of a move, as the next run finds it."""
    path = str(_written("record.json", content))
    with suppress(errors.LocalFailure, errors.InvalidRequest):
        ShiftRecord(Shift(3600.0, path), SERVER)
    with suppress(errors.LocalFailure, errors.InvalidRequest):
        MoveRecord(path, SERVER, seeds.IDS[0], "/nas")


def _json(read: Read, wholes: Sequence[Any]) -> Reader:
    """A reader of a JSON file that may be any of these values."""
    return Reader(read, [json.dumps(whole).encode() for whole in wholes], damaged(wholes))


def _json_lines(read: Read, wholes: Sequence[Any]) -> Reader:
    """The same with a value a line."""
    lines = [json.dumps(whole).encode() + b"\n" for whole in wholes]
    whole_files = damaged_lines(wholes) | damaged(wholes).map(lambda line: lines[0] + line + b"\n" + lines[-1])
    return Reader(read, list(itertools.accumulate(lines)), whole_files)


def _changed(read: Read, examples: Sequence[bytes], format: Format, **more: Any) -> Reader:
    packed = [format.pack[0](example) for example in examples]
    return Reader(read, packed, changed(examples, format), **more)


READERS: Mapping[str, Reader] = {
    "photo": _changed(read_photo, seeds.PHOTOS, formats.PHOTO),
    "video": _changed(read_video, seeds.VIDEOS, formats.VIDEO),
    "zip": _changed(lambda content: _read_archive("a.zip", content), seeds.ZIPS, formats.ZIP, memory=96 * MIB),
    "tar": _changed(lambda content: _read_archive("a.tar", content), seeds.TARS, formats.TAR),
    "tgz": _changed(lambda content: _read_archive("a.tgz", content), seeds.TARS, formats.TGZ, memory=96 * MIB),
    "takeout": _json(read_takeout, seeds.TAKEOUT),
    "icloud_table": _changed(read_icloud_table, seeds.ICLOUD_TABLES, formats.CSV),
    "icloud_album": _json(read_icloud_album, seeds.ICLOUD_ALBUMS),
    "picasa": _changed(read_picasa, seeds.PICASA, formats.INI),
    "immich_go": _json(read_immich_go, seeds.IMMICH_GO),
    "archive": _json_lines(read_archive_of_ours, seeds.MANIFEST_LINES),
    "album": _json(read_album_of_ours, [*seeds.ALBUMS, *seeds.PEOPLE, seeds.HEADER]),
    "names": _changed(read_names, seeds.NAMES, formats.NAMES),
    "xmp": _changed(read_xmp, seeds.XMP, formats.XMP, refusals=(UnreadableXmp,)),
    "ledger": _json(read_ledger, seeds.LEDGERS),
    "lease_album": _json(read_lease_album, seeds.LEASES)._replace(inputs=damaged(seeds.LEASES, UTF8)),
    "notes": _json_lines(read_notes, seeds.NOTES),
    "review": _json_lines(read_review, seeds.REVIEWS),
    "record": _json(read_record, seeds.RECORDS),
    "dump": _changed(read_dump, seeds.DUMPS, formats.SQL, memory=40 * MIB),
    "proof": _json(read_proof, seeds.PROOFS),
    "webhook": _json(read_webhook, seeds.WEBHOOKS),
    "answers": _json(read_answers, seeds.ANSWERS)._replace(steps=10_000_000),  # a server that never comes to its end takes 5,000 requests
    "polls": _json(read_polls, seeds.POLLS),
    "report": _json_lines(partial(_show, report_html), seeds.REPORTS),
    "duplicates": _json_lines(partial(_show, duplicates_html), seeds.DUPLICATES),
    "progress": _json(read_progress, seeds.PROGRESS),
}
"""By their names."""

assert all(len(seed) <= LARGEST for reader in READERS.values() for seed in reader.seeds)
