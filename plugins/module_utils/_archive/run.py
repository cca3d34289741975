# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One run of an archive from beginning to end: what the module calls, with its options."""

from __future__ import annotations

import datetime
import os
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Dict, List, Optional, Tuple

from .. import _options, _own_files, _text
from .._client import api, errors
from .._metadata.faces import FACES, NONE, WITH_PEOPLE
from .._people.read import FaceReader, scopes_to_read
from .._run import report
from .._run.consecutive_failures import ConsecutiveFailures
from .._run.files_run import CLOSE, FilesJob, FilesRun, Hooks, RunOptions, run_files
from .._run.progress import Snapshot
from .._run.tally import Tally
from .._selection import library, selection
from .album_files import AlbumFiles, write_about
from .archiver import ACTIONS, Archiver
from .fetch import Fetcher
from .manifest import PATH as MANIFEST_PATH
from .manifest import Header, Manifest
from .memberships import Memberships
from .paths import AssetPaths, parse_path_template
from .people_file import ArchivePeople
from .tree import ArchiveTree, refuse_foreign_folder

Result = Dict[str, Any]

ARCHIVE = report.Verb("archive", "archived")


@dataclass(frozen=True)
class ArchiveOptions(RunOptions):
    """The module's options, documented there."""

    dest: str = _options.option("", type="path", required=True)
    layout: str = "{year}/{year}-{month}"
    verify: bool = False
    prune: bool = False
    prune_limit: int = 10
    require: List[str] = _options.option([], type="path")
    with_people: str = _options.option(FACES, choices=WITH_PEOPLE)
    filters: selection.Filters = _options.group(selection.Filters)

    @property
    def selection(self) -> selection.Selection:
        """Which assets are archived. What is in the trash never is."""
        return selection.Selection.without_trash(self.filters)


_GRACE = 5.0  # seconds that the run has to write down what it did, once it is to end

SCOPES = {
    "user.read": "tell the user's photos from those of others",
    "asset.read": "find photos",
    "asset.download": "download them",
    "album.read": "find albums",
    "tag.read": "find tags",
    "stack.read": "find stacks",
    "person.read": "find people",
}
"""The scopes that a run needs, each with what it is for."""


def archive(client: api.Immich, options: ArchiveOptions, hooks: Hooks, *, check_mode: bool) -> Result:
    """Brings the archive up to the state of the server; returns the module's result. Raises as `run_files`."""
    return run_files(_ArchiveJob(client, options), hooks, check_mode=check_mode)


class _ArchiveJob(FilesJob):
    verb = ARCHIVE

    def __init__(self, client: api.Immich, options: ArchiveOptions) -> None:
        self.client = client
        self.options: ArchiveOptions = options
        self.tally = Tally(ACTIONS)
        self._layout = parse_path_template(options.layout)
        self._day = datetime.date.today().isoformat()
        self._tree: Optional[ArchiveTree] = None
        self._manifest: Optional[Manifest] = None
        self._fetcher: Optional[Fetcher] = None
        self._album_files: Optional[AlbumFiles] = None
        self._people: Optional[ArchivePeople] = None
        self._written: List[str] = []  # of the files that are about the archive as a whole
        self._listed = False

    def check(self) -> None:
        if not self.options.dest:
            raise errors.wrong_option("dest", "is empty, which would mean the current folder. Name the folder of the archive as O(dest).")
        if not os.path.isabs(self.options.dest):
            raise errors.wrong_option(
                "dest",
                "must be an absolute path, not '%s'. Name one folder, the folder of the archive, in full."
                % _text.printable(self.options.dest),
            )
        status = _own_files.look_at(self.options.dest, "dest")
        if not _own_files.is_folder(status) and (status is not None or os.path.islink(self.options.dest)):
            raise errors.LocalFailure(
                "%s, which O(dest) names, is not a folder. Name the folder of the archive." % _text.printable(self.options.dest),
                options=("dest",),
            )
        _own_files.require_paths(self.options.require)
        _own_files.require_parent(self.options.dest, option="dest")
        refuse_foreign_folder(self.options.dest)
        if not 0 <= self.options.prune_limit <= 100:
            raise errors.wrong_option("prune_limit", "must be a percentage from 0 to 100.")
        self.options.filters.check()
        if self.options.prune and not self.options.selection.is_everything:
            raise errors.wrong_option(
                "prune",
                "cannot tell what the server no longer has from what is not selected. Leave out O(prune), or all filters but partners.",
            )

    def connect(self) -> None:
        self.client.version  # noqa: B018  # a server that is not supported is reported before all else
        faces = scopes_to_read(self.client) if self.options.with_people == FACES else {}
        self.client.require({**self.options.filters.scopes(), **SCOPES, **faces})
        self._library = library.Library(self.client, self.options.selection)
        self._library.ids  # noqa: B018  # a name that is not known is reported before all else, too

    def prepare(self, run: FilesRun) -> None:
        self._predicting = run.check_mode

    def work(self, run: FilesRun) -> None:
        run.workers.start(partial(self._handle_assets, run))
        run.workers.join(lambda: _GRACE)

    def _handle_assets(self, run: FilesRun) -> None:
        options, predicting = self.options, self._predicting
        user = self.client.server.me()
        tree = self._tree = ArchiveTree(options.dest, reads=predicting)
        manifest = self._manifest = Manifest(tree, Header(user.id, self.client.connection.root))
        if manifest.damaged:
            self.tally.warn(
                "%d lines of the archive's manifest are damaged. What they were about is found again by its checksum." % manifest.damaged
            )
        chosen = self._library
        # Those of all that is in the archive, also of what this run leaves out.
        memberships = self._memberships = Memberships(library.Library(self.client, selection.Selection(partners=options.filters.partners)))
        reader = FaceReader(self.client) if options.with_people == FACES else None
        people = self._people = ArchivePeople(tree, reader, names=options.with_people != NONE, predicting=predicting)
        check = run.cancellation.check
        fetcher = self._fetcher = Fetcher(run.cancellation, tree, chosen, options)
        archiver = self._archiver = Archiver(
            tree,
            manifest,
            AssetPaths(self._layout, memberships, user.name),
            fetcher,
            ConsecutiveFailures(self.client, options.concurrency, "run", lambda client: client.server.me()),
            self.tally,
            memberships.has_albums,
            people.describe,
            day=self._day,
            verify=options.verify,
            predicting=predicting,
            check_cancelled=check,
        )
        self._written += write_about(tree, predicting=predicting)
        try:
            for page in chosen.assets(people=True):
                for asset in page:
                    archiver.handle(asset)
            self._listed = True
            archiver.finish()
        except BaseException:
            with suppress(errors.ImmichError):  # what ended the run is what there is to say
                archiver.flush()
            raise

    def finish(self, run: FilesRun) -> None:
        tree, manifest, archiver, predicting = self._tree, self._manifest, self._archiver, self._predicting
        if tree is None or manifest is None:  # the work makes them before all else
            return
        albums, limit = self._memberships.albums, self.options.prune_limit
        self._album_files = AlbumFiles(tree, day=self._day, predicting=predicting)
        if self.options.selection.is_everything:
            self._album_files.write(albums, archiver.path_of)
        else:
            self._album_files.write(albums, lambda key: archiver.path_of(key) or manifest.path_of(key), with_empty=False)
        if self.options.prune:
            try:
                archiver.prune(self._library.asset, limit)
                self._album_files.prune(albums, limit)
            except errors.LocalFailure as exc:
                self.problem = exc
        if self._people is not None:
            self._written += self._people.write()
        archiver.flush()
        if manifest.damaged:
            self._written.append(MANIFEST_PATH)
        if not predicting:
            manifest.tidy()

    def grace_to_finish(self, *, requested: bool) -> float:
        return _GRACE

    def close(self) -> None:
        """Raises `LocalFailure` where only this shows that something could not be written, as on a network share."""
        failing = _own_files.failing(
            "The archive %s could not be closed" % _text.printable(self.options.dest), advice=" Run it again with verify."
        )
        with failing, ExitStack() as closing:  # each is closed, though the one before could not be
            if self._tree is not None:
                closing.callback(self._tree.close)
            if self._fetcher is not None:
                closing.callback(self._fetcher.close)
            if self._tree is not None:
                closing.callback(self._tree.unlock)  # the next run may begin, though a thread may still wait for the server
            if self._manifest is not None:
                closing.callback(self._manifest.close)

    def steps(self) -> Tuple[int, ...]:
        return (self._fetcher.bytes if self._fetcher else 0,)

    def progress(self, stage: str) -> Snapshot:
        counts = self.tally.counts
        return {
            "phase": "done" if stage == CLOSE else "upload" if self._listed else "scan",
            "scan_done": self._listed,
            "bytes_hashed": 0,
            "bytes_sent": self._fetcher.bytes if self._fetcher else 0,
            "uploaded": counts["archived"] + counts["already_in_place"],
            "updated": counts["updated"],
            "repaired": counts["repaired"],
            "removed": counts["removed"],
            "duplicates": counts["unchanged"],
            "receives": True,
        }

    def result(self) -> Result:
        result = self.tally.freeze()
        albums, removed = self._albums()
        result.update(
            changed=bool(self.tally.changed or albums or removed or self._written),
            albums=albums,
            removed_albums=removed,
            archive_files=list(self._written),
            bytes_received=self._fetcher.bytes if self._fetcher else 0,
        )
        return result

    def lines(self) -> List[str]:
        albums, removed = self._albums()
        lines = [*self.tally.lines(), *("album %s" % name for name in albums), *("removed album %s" % name for name in removed)]
        return [*lines, *("written %s" % path for path in self._written)]

    def _albums(self) -> Tuple[List[str], List[str]]:
        """The albums whose files were written, and those whose files were moved aside."""
        files = self._album_files
        if files is None:
            return [], []
        return [_text.printable(name) for name in files.written], [_text.printable(name) for name in files.removed]
