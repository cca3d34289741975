# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each background job does, and which jobs follow it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from immich_emulator.groups import faces
from immich_emulator.groups.tag_tree import make_path, tags_of
from immich_emulator.storage import now
from immich_emulator.system import backups, integrity, libraries
from immich_emulator.system.queues import Job
from immich_emulator.uploads import media
from immich_emulator.uploads.moments import Said, moment_of

if TYPE_CHECKING:
    from immich_emulator.immich import Immich
    from immich_emulator.versions import Version

#: The stages that an upload goes through: queue → the queues that follow it.
CHAIN: dict[str, tuple[str, ...]] = {
    "metadataExtraction": ("storageTemplateMigration",),
    "storageTemplateMigration": ("thumbnailGeneration",),
    "thumbnailGeneration": ("smartSearch", "faceDetection", "ocr", "videoConversion"),
    "smartSearch": ("duplicateDetection",),
    "faceDetection": ("facialRecognition",),
}
#: Queues whose jobs ask the machine-learning host.
ASKING = ("smartSearch", "faceDetection", "ocr")
#: Where it is kept that an asset has what a job of the queue makes: queue → column.
RESULTS = {
    "metadataExtraction": "extracted",
    "thumbnailGeneration": "thumbnail",
    "smartSearch": "embedded",
    "faceDetection": "searched_for_faces",
    "ocr": "searched_for_text",
    "duplicateDetection": "compared",
}
#: What an asset needs besides to be taken for one that lacks it: its preview, or what smartSearch makes (observed on 1.135 to 3.1).
NEEDED = dict.fromkeys(ASKING, "thumbnail = 1 AND visibility != 'hidden'") | {"duplicateDetection": "embedded = 1"}
#: Queues that the command `start` knows work for.
STARTABLE = frozenset(
    (
        "thumbnailGeneration",
        "metadataExtraction",
        "videoConversion",
        "faceDetection",
        "facialRecognition",
        "smartSearch",
        "duplicateDetection",
        "storageTemplateMigration",
        "migration",
        "sidecar",
        "library",
        "backupDatabase",
        "ocr",
    )
)
ALL, MISSING_ONLY, ONE = "all", "missing", "one"


class Reading(NamedTuple):
    """What a metadata job found when it began; for `tags` see `Jobs.tags_to_be`."""

    metadata: media.Metadata
    tags: list[str] | None


class Jobs:
    """Carries out the jobs that the queues let begin."""

    def __init__(self, immich: Immich) -> None:
        self.immich = immich

    def begin(self, queue: str, job: Job) -> Reading | None:
        """Reads the file and its sidecar, as the metadata job does when it begins."""
        asset = self.immich.store.one("SELECT * FROM assets WHERE id = ?", job.asset) if queue == "metadataExtraction" else None
        return None if asset is None else Reading(media.read(asset["path"], asset["sidecar"]), self.tags_to_be(dict(asset)))

    def carry_out(self, queue: str, job: Job, found: Reading | None) -> None:
        """Does one job's work and queues what follows."""
        if queue == "backupDatabase":
            backups.make(self.immich)
            return
        if queue == "integrityCheck":
            integrity.carry_out(self.immich, job.name)
            return
        if queue == "library":
            libraries.carry_out(self.immich, job)
            return
        if job.name in (ALL, MISSING_ONLY):
            self.fan_out(queue, job.name)
            return
        if job.name == "person-cleanup":
            faces.clean_up_people(self.immich)
            return
        if job.name in ("delete", "delete with file"):
            delete_for_good(self.immich, job.asset, with_file=job.name == "delete with file")
            return
        asset = self.immich.store.one("SELECT * FROM assets WHERE id = ?", job.asset) if job.asset else None
        if asset is None:
            return
        if queue in ASKING and not self.immich.machine_learning_answers:
            return  # it has failed: nothing counts or lists that, nothing follows, and it is not tried again (observed on 1.135 to 3.1)
        if queue == "metadataExtraction":
            assert found is not None
            self.extract(dict(asset), found)
        elif queue == "thumbnailGeneration":
            self.immich.store.update("assets", job.asset, thumbnail=can_be_drawn(dict(asset)))
        elif queue == "faceDetection":
            faces.detect(self.immich, asset)
        elif queue == "sidecar":
            self.write_sidecar(job)
        if (queue in ASKING and asset["thumbnail"]) or (queue == "duplicateDetection" and asset["embedded"]):
            self.immich.store.update("assets", job.asset, **{RESULTS[queue]: 1})
        if job.upload:
            self.follow(queue, job, asset["type"])
        elif queue == "faceDetection":
            self.immich.queues.add("facialRecognition", job)

    def follow(self, queue: str, job: Job, kind: str) -> None:
        """Queues the stages after `queue`."""
        queues = self.immich.queues
        for name in CHAIN.get(queue, ()):
            if name in queues.by_name and (name != "videoConversion" or kind == "VIDEO"):
                queues.add(name, job)

    def fan_out(self, queue: str, which: str) -> None:
        """A job for each asset, or only for those that lack what the queue makes."""
        lacking = f"{RESULTS[queue]} = 0 AND {NEEDED.get(queue, '1')}" if queue in RESULTS else "0"
        where = lacking if which == MISSING_ONLY else "1"
        store, queues = self.immich.store, self.immich.queues
        if queue == "faceDetection" and which == ALL:
            faces.forget_found(self.immich)
        for asset in store.column(f"SELECT id FROM assets WHERE deleted IS NULL AND {where} ORDER BY seq"):
            queues.add(queue, Job(ONE, asset))

    def write_sidecar(self, job: Job) -> None:
        """Writes the user's changes to the sidecar, over what is there, and has it read again.

        What cannot be written is lost (observed on 1.135 to 3.1): because the sidecar that went up is not XML or has a document type, or
        because the library is mounted read-only. There, it is noted where the sidecar would be, and what another program has put there is
        read (observed on 1.135 to 3.1).
        """
        if self.immich.queues.is_at_work("metadataExtraction", job.asset):
            self.immich.queues.add("sidecar", job)
            return
        store = self.immich.store
        asset = store.one("SELECT library, path, sidecar FROM assets WHERE id = ?", job.asset)
        if self.immich.switches["read_only_libraries"] and asset is not None and asset["library"]:
            sidecar = asset["sidecar"] or (asset["path"] and asset["path"] + ".xmp")
            store.update("assets", job.asset, edits="{}", tags_to_write=0, sidecar=sidecar)
            self.immich.queues.add("metadataExtraction", Job(ONE, job.asset))
            return
        if store.value("SELECT tags_to_write FROM assets WHERE id = ?", job.asset):
            takes_tags = media.can_be_written(store.value("SELECT sidecar FROM assets WHERE id = ?", job.asset))
            written = tags_of(self.immich, job.asset) if takes_tags else []
            store.update("assets", job.asset, written_tags=json.dumps(written), tags_to_write=0)
        store.update("assets", job.asset, edits_in_sidecar=1)
        self.immich.queues.add("metadataExtraction", Job(ONE, job.asset))

    def tags_to_be(self, asset: dict[str, Any]) -> list[str] | None:
        """The tags that an asset is to have whatever the uploaded files say: those that the user gave it, or None.

        Immich ≥2.5 keeps to them until they are in the sidecar; an older one knows only of what is in there.
        """
        if asset["tags_to_write"] and self.immich.version.at_least(2, 5):
            return tags_of(self.immich, asset["id"])
        return None if asset["written_tags"] is None else list(json.loads(asset["written_tags"]))

    def extract(self, asset: dict[str, Any], reading: Reading) -> None:
        """Keeps what was read of the file's metadata. What the user changed before survives as the version has it.

        Immich ≥2.4 keeps an asset's edits; an older one keeps them only when the sidecar queue has written them to the sidecar
        meanwhile. The asset gets exactly the tags that were to be its own when the job began (see `tags_to_be`): one that it was
        given while it was read is gone. (The real server loses it in the last moments of the job only.)
        """
        store, version = self.immich.store, self.immich.version
        found = reading.metadata
        store.run("DELETE FROM tag_assets WHERE asset = ?", asset["id"])
        tags = found.tags if reading.tags is None else reading.tags
        for row in filter(None, (make_path(self.immich, asset["owner"], tag) for tag in tags)):
            store.run("INSERT OR IGNORE INTO tag_assets VALUES (?, ?)", row["id"], asset["id"])
        edits = json.loads(asset["edits"] or "{}")
        if not (asset["edits_in_sidecar"] or version.at_least(2, 4)):
            edits = {}
        take_edits(found.beside, edits, version)
        moment = moment_of(found.own, found.beside, is_old=version.is_old)
        created = moment.taken or date_without_exif(asset, version)
        exif = {**found.exif(created, asset["file_modified"], moment.zone), **edits}
        exif.update(description=media.as_description(exif["description"]), rating=media.as_rating(exif["rating"], version))
        store.update(
            "assets",
            asset["id"],
            exif=json.dumps(exif),
            file_created=created,
            local_date=moment.local or created,
            width=found.width,
            height=found.height,
            extracted=1,
            updated=now(),
        )
        if found.content_id:
            self.join_live_photo(asset, found.content_id)

    def join_live_photo(self, asset: dict[str, Any], content_id: str) -> None:
        """Joins a still and a video of one content identifier: any of the user's, wherever they are, even if their files are missing and
        others would do (observed on 3.1, read in the source of 1.135 and 2.7). The oldest one here."""
        store = self.immich.store
        store.update("assets", asset["id"], content_id=content_id)
        sql = "SELECT id FROM assets WHERE owner = ? AND type = ? AND content_id = ? ORDER BY seq"
        match = store.value(sql, asset["owner"], "IMAGE" if asset["type"] == "VIDEO" else "VIDEO", content_id)
        if match is None:
            return
        still, video = (match, asset["id"]) if asset["type"] == "VIDEO" else (asset["id"], match)
        store.update("assets", still, live_video=video)
        store.update("assets", video, visibility="hidden")
        store.run("DELETE FROM album_assets WHERE asset = ?", video)


def take_edits(said: Said, edits: dict[str, Any], version: Version) -> None:
    """Writes the user's changes of time and place to the sidecar. Since 2.4 a date without an offset is written as UTC."""
    if "latitude" in edits and "longitude" in edits:
        said.position = (edits["latitude"], edits["longitude"])
        if not any(said.position):  # which takes a position away (observed on 1.135 to 3.1)
            said.position = None
            edits.update(latitude=None, longitude=None)
    if "dateTimeOriginal" in edits:
        said.take_date(edits.pop("dateTimeOriginal"))
        if said.in_date is None and version.at_least(2, 4):
            said.in_date = timedelta(0)


def date_without_exif(asset: dict[str, Any], version: Version) -> str:
    """The date of a file that tells none: the earlier of its two, in 1.135 that of its last change."""
    modified: str = asset["file_modified"]
    return modified if version.is_old else min(asset["file_created"], modified)


def can_be_drawn(asset: dict[str, Any]) -> bool:
    """Whether a thumbnail can be made. A picture whose bytes were not kept is taken for a good one."""
    return asset["type"] == "VIDEO" or asset["path"] is None or media.read(asset["path"], None).width is not None


def queue_upload(immich: Immich, asset: str) -> None:
    """Queues the first job for a new asset."""
    immich.queues.add("metadataExtraction", Job(ONE, asset, upload=True))


# That 1.135.3 takes for no stack when it deletes the asset on top, which its database refuses then (observed).
COVERS_NOTHING_SEEN = (
    "SELECT 1 FROM stacks WHERE primary_asset = ? AND NOT EXISTS "
    "(SELECT 1 FROM assets WHERE stack = ? AND deleted IS NOT NULL AND visibility = 'timeline')"
)


def delete_for_good(immich: Immich, asset_id: str, *, with_file: bool) -> None:
    """Removes an asset and all that refers to it, and has the video of a live photo removed that no other photo has.

    `with_file`: also its file, even in a library, unless it is taken for missing (1.135.3 deletes that too, should it be there after all).
    The video goes in the same way (observed on 3.1, read in the source of 1.135 and 2.7).
    """
    store = immich.store
    asset = store.one("SELECT * FROM assets WHERE id = ?", asset_id)
    if asset is None or (immich.version.is_old and store.value(COVERS_NOTHING_SEEN, asset_id, asset["stack"])):
        return
    if with_file and not (asset["offline"] and immich.version.at_least(2, 7)):
        for path in filter(None, (asset["path"], asset["sidecar"])):
            immich.remove_file(path)
    for table in ("album_assets", "tag_assets", "link_assets", "memory_assets", "faces", "activities"):
        store.run(f"DELETE FROM {table} WHERE asset = ?", asset_id)
    store.run("DELETE FROM assets WHERE id = ?", asset_id)
    store.run("UPDATE assets SET live_video = NULL WHERE live_video = ?", asset_id)
    if not immich.version.is_old or store.value("SELECT 1 FROM stacks WHERE primary_asset = ?", asset_id):  # else the stack stays as it is
        leave_stack(immich, asset["stack"], asset_id)
    if asset["library"] is None:
        store.run("UPDATE users SET usage = usage - ? WHERE id = ?", asset["size"], asset["owner"])
    video = asset["live_video"]
    if video and not store.value("SELECT count(*) FROM assets WHERE live_video = ?", video):
        immich.queues.add("backgroundTask", Job("delete with file" if with_file else "delete", video))


def leave_stack(immich: Immich, stack_id: str | None, asset_id: str) -> None:
    """Puts another asset on top of the stack of one that is gone, if that was on top, and dissolves a stack of one."""
    store = immich.store
    left = store.column("SELECT id FROM assets WHERE stack = ? ORDER BY seq", stack_id) if stack_id else []
    if len(left) == 1:
        store.run("UPDATE assets SET stack = NULL WHERE stack = ?", stack_id)
    if stack_id and len(left) < 2:
        store.run("DELETE FROM stacks WHERE id = ?", stack_id)
    elif left:
        store.run("UPDATE stacks SET primary_asset = ? WHERE id = ? AND primary_asset = ?", left[0], stack_id, asset_id)
