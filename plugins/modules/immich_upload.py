#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module `immich_upload`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: immich_upload
short_description: Upload photos and videos to Immich
version_added: 1.0.0
description:
  - Uploads files and folders from the managed host to Immich, and what globs match, with albums and tags.
  - Immich is asked by checksum which files it has already, so that nothing is sent twice, whatever its name. Those get
    their albums and tags as well. A second run with the same arguments changes nothing, and an interrupted run is completed by the next.
  - Files are streamed from disk, so that memory grows neither with their size nor much with their number. Nothing ever ends up
    half on the server. The bytes are hashed while they are sent, and a transfer whose file changes meanwhile is cut.
  - Every file is tried before the task fails. Only a problem that the next file would have too (the key, the quota, maintenance
    mode, a server that is gone) stops the upload early; files that went up before that get their albums and tags.
  - With O(pause_queues), Immich's background jobs are paused while files go up. A process that the module starts on its host resumes them
    the moment that the module dies, however it dies.
author:
  - selfhosted.immich contributors (@selfhosted)
extends_documentation_fragment:
  - selfhosted.immich.connection
  - selfhosted.immich.ledger
  - selfhosted.immich.attributes
  - selfhosted.immich.attributes.actiongroup_immich
attributes:
  check_mode:
    support: full
    details:
      - Reads the files and asks the server, and returns the same numbers as the run would. Nothing is written, neither the O(report) nor
        the O(checksum_cache), which is read where there is one.
  diff_mode:
    support: full
    details:
      - Lists what goes up (the first 1,000 paths), and the albums and tags that are made or added to.
  idempotent:
    support: full
options:
  src:
    description:
      - Files, folders and globs on the managed host, as absolute paths.
      - A path that exists is taken as it is, even with C([), C(*) or C(?) in it.
      - A file named here is taken whatever O(include) and O(exclude) say. A glob never matches a name that begins with a dot.
      - In a glob, C(**) matches a folder and all folders below it, except excluded ones. It follows links only with O(follow).
    type: list
    elements: path
    required: true
  recursive:
    description:
      - Whether folders inside of folders are searched.
    type: bool
    default: true
  follow:
    description:
      - Whether symbolic links to files and folders inside of folders are followed. A folder that is found twice is taken once. A path in
        O(src) may be a link in any case.
      - With V(false), a link that is named like a photo or video is counted in RV(skipped_types), and a file or folder that is replaced
        by a link while the upload runs is not followed either. With V(true), a link that leads to nothing is a failure.
    type: bool
    default: false
  hidden:
    description:
      - Whether files and folders are taken whose names begin with a dot.
    type: bool
    default: false
  include:
    description:
      - Globs, of which a file must match one. Empty means every file.
      - A glob with a C(/) inside is matched with the path below the folder in O(src), any other with the name. Case does not matter.
    type: list
    elements: str
    default: []
  exclude:
    description:
      - Globs of files and folders to leave out, besides those of O(default_excludes). One that ends in C(/) is for folders only. Matched
        like O(include).
    type: list
    elements: str
    default: []
  default_excludes:
    description:
      - Whether to leave out what NAS systems, operating systems and photo programs leave among the photos. These are C(@eaDir/),
        C(@__thumb/), C(SYNOFILE_THUMB_*.*), C(Lightroom Catalog/), C(thumbnails/), C(.DS_Store), C(._*), C(.Spotlight-V100/),
        C(.photostructure/) and C(Recently Deleted/), as O(exclude) would name them.
    type: bool
    default: true
  types:
    description:
      - Which kinds of media are taken. The server says which extensions belong to each.
      - Files of other types are counted in RV(counts.skipped) and, by extension, in RV(skipped_types).
    type: list
    elements: str
    choices: [image, video]
    default: [image, video]
  sidecars:
    description:
      - Whether a sidecar (C(name.ext.xmp), else C(name.xmp)) goes up together with its file.
      - The server takes a sidecar only with a new file. The sidecar of a file that it has already is not sent.
      - The local sidecar is never changed. With O(tags), the copy that goes up has them besides what is in there; V(false) leaves out
        what is in there, and a sidecar with the tags alone goes up.
    type: bool
    default: true
  album:
    description:
      - Name of an album of the key's user, to which all files are added. It is made if it is missing.
      - If several albums have that name the task fails and lists their ids. Then use O(album_id).
      - Runs that make the same album at the same time end up with one if the key has the scope C(album.delete).
    type: str
  album_id:
    description:
      - Id of an album to which all files are added. It may be one that others share with the key's user.
    type: str
  album_from:
    description:
      - V(folder) adds each file to the album that is named after the folder it lies in.
      - V(path) adds it to the album that is named after the path of its folder below the one in O(src), joined with O(album_joiner).
      - Either way, files directly in a folder that O(src) names go to the album named after that folder.
    type: str
    choices: [none, folder, path]
    default: none
  album_joiner:
    description:
      - What stands between the folders' names in an album's name with O(album_from=path).
    type: str
    default: " / "
  tags:
    description:
      - Tags that all files get, such as V(Trip/Rome); C(/) separates levels. Missing ones are made.
      - The tags of a new file go up with it, in a sidecar, so that they hold whatever Immich's background jobs do. They show as soon as
        Immich has read the file's metadata, together with the keywords in the file's own sidecar or, of a JPEG file, inside of it.
        Keywords inside of other files do not become tags of Immich then.
      - Other files are tagged through Immich's API, but not before Immich has read their metadata, since it would lose tags. If it has
        not by the end of the run, a warning says so, and the next run tags them.
      - A file that has a tag below one of these counts as having it.
    type: list
    elements: str
    default: []
  favorite:
    description:
      - Whether new files are marked as favourites. Files that the server has already stay as they are.
    type: bool
    default: false
  visibility:
    description:
      - Where new files are shown. Files that the server has already stay as they are. V(locked) allows neither albums nor tags.
    type: str
    choices: [timeline, archive, hidden, locked]
    default: timeline
  trashed:
    description:
      - What to do with a file that lies in the server's trash. V(keep) leaves it there, with neither album nor tags; V(restore) takes
        it out. It counts as a duplicate either way.
    type: str
    choices: [keep, restore]
    default: keep
  delete_local:
    description:
      - Whether a local file is deleted once the server has its very bytes (not in the trash) and it is in its album and has its tags.
      - A new file has its tags once the server has taken both together, any other file when the server says so. Where that is not
        sure, as with a sidecar that cannot be read, the local file stays until the next run.
      - Right before, the server is asked once more whether it has the bytes.
      - A file that failed, or that changed since it was read, is never deleted. Files are read again for this, without the checksum
        cache.
      - A sidecar is deleted with the last of its files if it went up with all of them and is still as it was.
      - Nothing is deleted that was reached through a symbolic link inside of a folder (with O(follow)), whether the file or a folder above
        it is the link. A warning says so.
    type: bool
    default: false
  checksum_cache:
    description:
      - Where the checksums of files are remembered, so that a file of unchanged path, size, time and inode is not read again. V(true)
        means C(selfhosted.immich/checksums.sqlite) in the user's cache folder, V(false) none, anything else is a path.
      - A file in its place that is something else, or a link, is an error. A damaged cache is renamed to end in C(.damaged).
      - The server is always asked. The cache says what a file is, never that the server has it.
    type: raw
    default: true
  verify:
    description:
      - Reads every file, whatever the checksum cache says, and brings the cache up to date.
    type: bool
    default: false
  concurrency:
    description:
      - How many files are sent at the same time.
    type: int
    default: 4
  bandwidth_limit:
    description:
      - The most that all transfers together send in a second, in bytes or with a unit. Units are powers of 1024, so that V(5M) is
        5 MiB a second, about 42 Mbit/s.
    type: str
  max_failures:
    description:
      - How many files may fail without failing the task. All files are tried in any case.
    type: int
    default: 0
  pause_queues:
    description:
      - Queues to pause while files go up, by their names or as groups, as in M(selfhosted.immich.immich_jobs).
      - They are paused when the first new file is about to be sent, so that nothing is touched when there is none. Exactly those that
        were paused are resumed at the end, also after a failure or a signal, and within a second when the module is killed.
      - A queue that Immich resumes by itself in between, as it does with C(metadataExtraction) when it starts, is paused again.
      - What an earlier run left paused is resumed in any case, once its lease has run out.
    type: list
    elements: str
    default: []
  pause_wait:
    description:
      - How many seconds running jobs get to finish before the first file is sent; V(0) not to wait. A job that takes longer, such as a
        video's conversion, does not hold the upload up.
    type: float
    default: 60
  pause_required:
    description:
      - Whether the task fails when the key may not pause. By default the upload goes on, and RV(pause) says why.
    type: bool
    default: false
  resume_order:
    description:
      - V(together) resumes all queues at once at the end.
      - V(chain) resumes one after the other in the order of the upload chain, the next when the one before has nothing left to do or
        O(resume_step_timeout) is over, so that a small server is not hit by everything at once. The task lasts until then.
      - After a failure, and when the module is killed, they are resumed together.
    type: str
    choices: [together, chain]
    default: together
  resume_step_timeout:
    description: How many seconds to give each queue with O(resume_order=chain).
    type: float
    default: 600
  lease:
    description:
      - Name of the lease on the pause. It is renewed while the upload makes progress, so that it does not run out during a long upload.
      - With O(pause_queues) the default is a name made of this host's name and the time. Without, it is the name of a lease under which
        M(selfhosted.immich.immich_jobs) paused background jobs for this upload.
    type: str
  lease_ttl:
    description:
      - For how many seconds the lease is taken, and renewed each time. An upload that makes no progress for that long loses the pause.
    type: float
    default: 900
  admin_api_key:
    description:
      - The administrator's key, with which background jobs are paused. If it is not set, the environment variable
        E(IMMICH_ADMIN_API_KEY) of the host that runs the module is used, and O(api_key) if that is not set either.
      - A lease that is kept in a file can be renewed with any key.
    type: str
  admin_api_key_file:
    description:
      - File on the managed host that holds the administrator's key and nothing else. It wins over O(admin_api_key).
    type: path
  report:
    description:
      - File on the managed host for a full report, replaced at each run, with an object of JSON in each line. The filter
        P(selfhosted.immich.report_html#filter) turns it into an HTML page.
      - There is a line for each file, with C(path), C(size) (in bytes), C(checksum), C(action) (V(created), V(duplicate), V(trashed),
        V(skipped) or V(failed)), C(asset_id), C(seconds) (of the transfer), C(finished) (when this was known, as Unix time),
        C(failure) (C(kind), C(status) and C(msg)) and C(reason) (why the file was skipped). What does not apply is null.
      - A link, and anything else that is not a file, is refused before the upload begins.
      - A file that is on the server but not in its album or without its tags has two lines, the second with V(failed).
      - The first and the last line have C(kind) with the value V(run), C(server) (the address of Immich's web pages), C(version) (the
        server's), C(started) and C(finished) (Unix times; C(finished) is null in the first line). The first line has nothing else.
      - The last line also has C(complete) (whether the run looked at every file that it was to upload), C(msg) (why the task failed, or
        null), C(found) and C(settled) (how many files were found, and of how many it is known what became of them), RV(counts),
        RV(skipped_types), RV(bytes_sent), RV(seconds), RV(albums), RV(tags) and C(pause). Without a last line, the run was killed, or
        is not over yet.
      - C(pause) is null where this module paused nothing itself. Otherwise it has C(paused) and C(resumed) (the queues), C(seconds) (for
        how long they were paused; null where they could not be resumed), C(left_paused) (queues that others had paused),
        C(held_by_others) (queues that stay paused for another lease), C(reasserted) (queues that Immich resumed in between, as it does
        when it starts, and that were paused again), C(healed) (queues that an earlier run had left paused, and this one resumed) and
        C(msg) (why they could not be paused or resumed, or null).
    type: path
  return_assets:
    description:
      - How many files are listed in RV(assets) at most. The O(report) always has all of them.
    type: int
    default: 0
notes:
  - A key needs the scope C(asset.upload); for albums C(album.read), C(album.create), C(albumAsset.create) and C(asset.read);
    for tags C(tag.read), C(tag.create), C(tag.asset) and C(asset.read); for O(trashed=restore) C(asset.delete). Scopes that are
    missing are named before anything is done.
  - A file's date is that of its last change until the server has read its metadata.
  - Paths and names that are not UTF-8 are shown with C(\xNN) for each such byte. So are control characters in messages and differences,
    or with C(\uNNNN).
  - While it runs, a line of progress is shown every 5 seconds, and one when it is done; not with C(async). The variable
    C(immich_upload_progress_interval), or the controller's environment variable E(ANSIBLE_IMMICH_PROGRESS_INTERVAL), sets other
    seconds; V(0) turns it off.
seealso:
  - module: selfhosted.immich.immich_jobs
  - module: selfhosted.immich.immich_info
  - plugin: selfhosted.immich.report_html
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Upload a photo library, with an album for each folder
  selfhosted.immich.immich_upload:
    url: https://photos.example.com
    api_key: "{{ immich_api_key }}"
    src: /volume1/photo
    album_from: folder

- name: Upload this year's photos of two folders into one album, with tags
  selfhosted.immich.immich_upload:
    url: https://photos.example.com
    api_key: "{{ immich_api_key }}"
    src:
      - /home/anna/Pictures/2026*
      - /home/ben/Pictures/2026*
    types: [image]
    album: Family 2026
    tags: [Family, Year/2026]

- name: Empty the camera's card once the server has everything
  selfhosted.immich.immich_upload:
    url: https://photos.example.com
    api_key: "{{ immich_api_key }}"
    src: /media/card/DCIM
    delete_local: true
    report: /var/log/immich-upload.jsonl
"""

RETURN = r"""
uploaded:
  description: How many files went up. In check mode, how many would.
  returned: success, and failure once the upload had begun
  type: int
duplicates:
  description: How many files the server had already, equal files in one run included.
  returned: success, and failure once the upload had begun
  type: int
counts:
  description:
    - How many files had which fate. In check mode, the numbers that the run would have.
    - They stand together because C(skipped) and C(failed) at the top of a result mean something else to Ansible.
  returned: success, and failure once the upload had begun
  type: dict
  contains:
    uploaded:
      description: Files that went up.
      type: int
    duplicates:
      description: Files that the server had already, equal files in one run included.
      type: int
    skipped:
      description: Files of a type that is not taken, links that are not followed, and pipes and the like that are named like files.
      type: int
    failed:
      description: Files and folders that failed. A file that went up and could not be added to its album is counted here too.
      type: int
    restored:
      description: Files that were taken out of the trash.
      type: int
    deleted_local:
      description: Local files that were deleted.
      type: int
skipped_types:
  description:
    - The skipped files by their extension, in lower case with the dot. Beyond 50 kinds the rest is counted as C(other).
    - C(link) counts those with the name of a photo or video that are symbolic links, which are only followed with O(follow);
      C(special file) those that are pipes, sockets or devices.
  returned: success, and failure once the upload had begun
  type: dict
  sample: {".txt": 3}
bytes_sent:
  description: The size of the files that went up together, in bytes.
  returned: success, and failure once the upload had begun
  type: int
seconds:
  description: How long it took.
  returned: success, and failure once the upload had begun
  type: float
failures:
  description:
    - The first 100 failures. RV(report) has all, and the first ten are shown on lines of their own.
    - Where the task fails, this and the lists below end after three, because Ansible prints all of a failed result.
  returned: success, and failure once the upload had begun
  type: list
  elements: dict
  contains:
    path:
      description: The file or folder.
      type: str
    kind:
      description: The kind of failure, as in RV(ignore:failure).
      type: str
    msg:
      description: What happened.
      type: str
assets:
  description: The first O(return_assets) files that the server has; empty by default.
  returned: success, and failure once the upload had begun
  type: list
  elements: dict
  contains:
    path:
      description: The local file.
      type: str
    id:
      description: The asset's id; null for a new file in check mode.
      type: str
    status:
      description: V(created), V(duplicate), or V(trashed) for a duplicate in the trash.
      type: str
albums:
  description: The albums that were made or added to.
  returned: success, and failure once the upload had begun
  type: list
  elements: dict
  contains:
    name:
      description: The album's name.
      type: str
    id:
      description: The album's id; null for one that would be made.
      type: str
    created:
      description: Whether it was made.
      type: bool
    added:
      description: How many files were added.
      type: int
tags:
  description: The tags that were made or that files were given.
  returned: success, and failure once the upload had begun
  type: list
  elements: dict
  contains:
    name:
      description: The tag with its parents, such as V(Trip/Rome).
      type: str
    id:
      description: The tag's id; null for one that would be made.
      type: str
    created:
      description: Whether it was made.
      type: bool
    added:
      description: How many files were given it.
      type: int
report:
  description: The report's path; null without one.
  returned: success, and failure once the upload had begun
  type: str
pause:
  description:
    - What M(selfhosted.immich.immich_jobs) returned when it paused, such as C(paused), C(left_paused) and C(healed), with C(msg) and
      C(failure) when it could not. In check mode, what it would return.
    - It has C(seconds) as well once the queues were resumed, the time for which they were paused.
    - Where nothing had to be paused, C(healed) and C(expired_leases) only.
  returned: with O(pause_queues), once the upload had begun
  type: dict
resume:
  description:
    - What M(selfhosted.immich.immich_jobs) returned when it ended the pause, such as C(resumed), with C(failed), C(msg) and
      C(failure) when it could not. Null where there was nothing to release, as in check mode.
    - If nothing but this goes wrong, the task fails with C(still_paused), a list of queues, in RV(ignore:failure.details).
  returned: with O(pause_queues), once the upload had begun
  type: dict
lease:
  description: The lease that is still held because releasing it failed, as in M(selfhosted.immich.immich_jobs); null otherwise.
  returned: with O(pause_queues), once the upload had begun
  type: dict
"""

import datetime
import platform
from contextlib import closing
from functools import partial
from typing import Any, Callable, Mapping, Optional

from ansible.module_utils.basic import env_fallback
from ansible.module_utils.common.text.formatters import human_to_bytes

from ansible_collections.selfhosted.immich.plugins.module_utils import _module
from ansible_collections.selfhosted.immich.plugins.module_utils._client.api import Immich
from ansible_collections.selfhosted.immich.plugins.module_utils._client.errors import InvalidRequest
from ansible_collections.selfhosted.immich.plugins.module_utils._queues.guard.guard import Guard, start_guard
from ansible_collections.selfhosted.immich.plugins.module_utils._queues.options import (
    RESUME_ORDERS,
    TOGETHER,
    LeaseOptions,
    PauseOptions,
    ResumeOptions,
    lease_options,
)
from ansible_collections.selfhosted.immich.plugins.module_utils._queues.pause.pausing import pausing
from ansible_collections.selfhosted.immich.plugins.module_utils._queues.pause.renewer import renewing
from ansible_collections.selfhosted.immich.plugins.module_utils._upload.flow.stop import Stop
from ansible_collections.selfhosted.immich.plugins.module_utils._upload.options import ALBUM_FROM, KINDS, Options
from ansible_collections.selfhosted.immich.plugins.module_utils._upload.read.cachefile import cache_path
from ansible_collections.selfhosted.immich.plugins.module_utils._upload.reporting.progress import progress_path
from ansible_collections.selfhosted.immich.plugins.module_utils._upload.reporting.run_lines import RunLines, with_run_lines
from ansible_collections.selfhosted.immich.plugins.module_utils._upload.run import upload

SPEC = (
    _module.CONNECTION
    + _module.LEDGER
    + _module.Spec(
        {
            "src": {"type": "list", "elements": "path", "required": True},
            "recursive": {"type": "bool", "default": True},
            "follow": {"type": "bool", "default": False},
            "hidden": {"type": "bool", "default": False},
            "include": {"type": "list", "elements": "str", "default": []},
            "exclude": {"type": "list", "elements": "str", "default": []},
            "default_excludes": {"type": "bool", "default": True},
            "types": {"type": "list", "elements": "str", "choices": list(KINDS), "default": list(KINDS)},
            "sidecars": {"type": "bool", "default": True},
            "album": {"type": "str"},
            "album_id": {"type": "str"},
            "album_from": {"type": "str", "choices": list(ALBUM_FROM), "default": "none"},
            "album_joiner": {"type": "str", "default": " / "},
            "tags": {"type": "list", "elements": "str", "default": []},
            "favorite": {"type": "bool", "default": False},
            "visibility": {"type": "str", "choices": ["timeline", "archive", "hidden", "locked"], "default": "timeline"},
            "trashed": {"type": "str", "choices": ["keep", "restore"], "default": "keep"},
            "delete_local": {"type": "bool", "default": False},
            "checksum_cache": {"type": "raw", "default": True},
            "verify": {"type": "bool", "default": False},
            "concurrency": {"type": "int", "default": 4},
            "bandwidth_limit": {"type": "str"},
            "max_failures": {"type": "int", "default": 0},
            "pause_queues": {"type": "list", "elements": "str", "default": []},
            "pause_wait": {"type": "float", "default": 60.0},
            "pause_required": {"type": "bool", "default": False},
            "resume_order": {"type": "str", "choices": list(RESUME_ORDERS), "default": TOGETHER},
            "resume_step_timeout": {"type": "float", "default": 600.0},
            "lease": {"type": "str"},
            "lease_ttl": {"type": "float", "default": 900.0},
            "admin_api_key": {"type": "str", "no_log": True, "fallback": (env_fallback, ["IMMICH_ADMIN_API_KEY"])},
            "admin_api_key_file": {"type": "path", "no_log": False},
            "report": {"type": "path"},
            "return_assets": {"type": "int", "default": 0},
        },
        mutually_exclusive=[("album", "album_id")],
    )
)


def run(client: Immich, params: Mapping[str, Any], check_mode: bool) -> _module.Result:
    """Uploads, or in check mode predicts what that would do."""
    return with_run_lines(partial(_run, client, params, check_mode))


def _run(client: Immich, params: Mapping[str, Any], check_mode: bool, lines: RunLines) -> _module.Result:
    lease = _lease(params)
    admin = client.with_key(params["admin_api_key"]) if params["admin_api_key"] else client
    with closing(admin):
        if lease is not None and params["pause_queues"]:
            pause = PauseOptions(
                queues=params["pause_queues"],
                lease=lease,
                wait=params["pause_wait"],
                required=params["pause_required"],
                resume=ResumeOptions(params["resume_order"], params["resume_step_timeout"]),
            )
            guard = Guard(None) if check_mode else start_guard(admin.connection, lease)
            with Stop() as stop:
                work = partial(_upload, client, params, check_mode, stop, lines)
                return pausing(admin, pause, check_mode, guard, lambda pause: work(pause.beat, pause.begin), stop.wait_for)
        with Stop() as stop:
            work = partial(_upload, client, params, check_mode, stop, lines)
            if lease is not None and not check_mode:
                return renewing(admin, lease, lambda beat: work(beat, _nothing))
            return work(_nothing, _nothing)


def _lease(params: Mapping[str, Any]) -> Optional[LeaseOptions]:
    """The lease that is named; a pause of one's own has a name that is given to no other."""
    if params["lease"] is None and params["pause_queues"]:
        now = datetime.datetime.now(datetime.timezone.utc).isoformat().replace("+00:00", "Z")
        return lease_options(params, "%s, upload of %s" % (platform.node() or "a host", now))
    return None if params["lease"] is None else lease_options(params, params["lease"])


def _upload(
    client: Immich,
    params: Mapping[str, Any],
    check_mode: bool,
    stop: Stop,
    lines: RunLines,
    heartbeat: Callable[[], None],
    before_sending: Callable[[Callable[[], None]], None],
) -> _module.Result:
    return upload(
        client,
        _options(params),
        check_mode=check_mode,
        stop=stop,
        heartbeat=heartbeat,
        before_sending=before_sending,
        lines=lines,
        progress_path=progress_path(params["_tmpdir"]),
    )


def _nothing(*_: object) -> None:
    """Where nobody waits for this."""


def _options(params: Mapping[str, Any]) -> Options:
    if (params["album"] or params["album_id"]) and params["album_from"] != "none":
        raise InvalidRequest("Give one of album, album_id and album_from: a file goes into one album.")
    return Options(
        src=params["src"],
        recursive=params["recursive"],
        follow=params["follow"],
        hidden=params["hidden"],
        include=params["include"],
        exclude=params["exclude"],
        default_excludes=params["default_excludes"],
        kinds=tuple(params["types"]),
        sidecars=params["sidecars"],
        album=params["album"],
        album_id=params["album_id"],
        album_from=params["album_from"],
        album_joiner=params["album_joiner"],
        tags=params["tags"],
        favorite=params["favorite"],
        visibility=params["visibility"],
        restore_trashed=params["trashed"] == "restore",
        delete_local=params["delete_local"],
        checksum_cache=cache_path(params["checksum_cache"]),
        verify=params["verify"],
        concurrency=params["concurrency"],
        bandwidth_limit=_bytes(params["bandwidth_limit"]),
        max_failures=params["max_failures"],
        report=params["report"],
        return_assets=params["return_assets"],
    )


def _bytes(value: Optional[str]) -> Optional[float]:
    if value is None:
        return None
    try:
        return float(human_to_bytes(value))
    except ValueError as exc:
        raise InvalidRequest(
            "bandwidth_limit must be a number of bytes a second, such as 5000000 or 5M (5 MiB), not '%s'." % value
        ) from exc


def main() -> None:
    """Runs the module."""
    _module.run(SPEC, run, asks_version=False)  # the guard is forked before anything that may take long


if __name__ == "__main__":
    main()
