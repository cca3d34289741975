#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module `immich_archive`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: immich_archive
short_description: Copy a library from Immich to a folder
version_added: 1.0.0
description:
  - Copies the photos and videos of the key's user from Immich to a folder on the managed host. The folder can be read without Immich, and
    M(photoyard.immich.immich_upload) brings back what it holds.
  - Originals are copied byte for byte. Beside each one is an XMP sidecar in standard fields, with its description, tags, rating, position,
    camera, people with their faces (C(mwg-rs:Regions)) and albums, and its time with the time zone. A manifest
    (C(immich-archive/assets.jsonl), a line of JSON for each file) holds what has no standard field, which are favourites, what is archived,
    stacks and live photos. Each album has a file of its own in C(immich-archive/albums), with its name, its description and its photos in
    order. The video of a live photo is beside its still.
  - A part of the library can be selected, by album, camera, place and more. What a run before has brought stays in the archive, with its
    albums, whatever is selected later.
  - A run downloads only what the folder lacks. If nothing has changed on the server, a run downloads nothing and writes nothing.
  - A file is written under C(immich-archive/partial), checked against the server's checksum and moved to its place. So a file is complete
    or absent, even if the disk is full or the run is killed. Nothing is overwritten or deleted. What is replaced is moved to
    C(immich-archive/removed).
  - Every file is tried before the task fails. Only a problem that would affect every further file ends the run early.
author:
  - photoyard.immich contributors (@photoyard)
extends_documentation_fragment:
  - photoyard.immich.connection
  - photoyard.immich.filters
  - photoyard.immich.attributes
  - photoyard.immich.attributes.actiongroup_immich
attributes:
  check_mode:
    support: full
    details:
      - Reads the server's lists and the folder, downloads nothing, and returns the numbers that the run would return.
  diff_mode:
    support: full
    details:
      - Lists the files and albums that are written or moved (the first 1,000 of each kind).
  idempotent:
    support: full
options:
  dest:
    description:
      - The folder of the archive, as an absolute path. It is created if only the last folder of the path does not exist.
      - A folder that holds other files and is not an archive is refused and left unchanged. It is one if it has
        C(immich-archive/about.json) or C(immich-archive/assets.jsonl). Hidden files do not count.
      - An archive belongs to one user of one server. Give each user a folder of their own.
    type: path
    required: true
  require:
    description:
      - Absolute paths on the managed host that have to exist, such as a file on the disk of O(dest). If one does not, nothing is done
        and the task fails, in check mode as well. So an empty folder in which no disk is mounted is not taken for the disk.
    type: list
    elements: path
    default: []
  layout:
    description:
      - In which subfolder of O(dest) a file is put, with C(/) between folders. A template may contain C({year}), C({month}) and C({day}) of
        the local time, C({album}) (the oldest of its albums, or C(no album)), C({owner}) (the name of the key's user), C({type})
        (C(photos) or C(videos)) and, at the very end, C({name}), the name of the file. Without C({name}), the name follows in a folder of
        its own.
      - Names are changed where Windows, macOS or FAT would not accept them, and shortened if they are too long. If two files would get
        the same name, also in upper and lower case, one of them gets the beginning of its checksum, as in C(IMG_1~3f786850.jpg). The
        manifest has the true names, and an upload restores them.
      - A file stays where it is, even if its date or its album changes later or another layout is given. Then only its sidecar and its
        line in the manifest change.
    type: str
    default: "{year}/{year}-{month}"
  verify:
    description:
      - Whether to read every file in the archive and compare its checksum with the manifest. A file that was damaged is moved to
        C(immich-archive/removed) and downloaded again. So is a sidecar that differs.
      - Files that are missing or have another size are always downloaded again.
    type: bool
    default: false
  prune:
    description:
      - Whether to move the files of photos that the server no longer has to C(immich-archive/removed/DATE), where DATE is the day of the
        run. Nothing is ever deleted. What is in the server's trash stays where it is.
      - Nothing is moved if the server's list ended with an error, if more than O(prune_limit) is missing from it, or if the server still
        has one of the missing photos when it is asked for it alone. Then the task fails after everything else was done.
      - An API key does not reach the locked folder. A photo that was moved there counts as gone.
      - It cannot be set together with an option that selects a part of the library. An archive that was made with O(partners) needs it on
        each run with O(prune).
    type: bool
    default: false
  prune_limit:
    description:
      - How many percent of the archive's files O(prune) may move at most in one run. Ten files and three albums may always be moved.
    type: int
    default: 10
  with_people:
    description:
      - What is kept of the people who have a name. V(faces) keeps their names and where their faces are in each photo, in the sidecars and
        in the manifest, and their birthdays and colours in C(immich-archive/people.json). An upload of the archive marks these faces again
        (O(photoyard.immich.immich_upload#module:with_people)).
      - V(names) keeps the names alone, V(none) nothing. For V(faces), the server is asked for the faces of each photo that shows somebody
        with a name, on each run.
    type: str
    choices: [faces, names, none]
    default: faces
  concurrency:
    description:
      - How many originals to download at the same time, from 1 to 100.
    type: int
    default: 4
  bandwidth_limit:
    description:
      - The number of bytes per second that all downloads together may use, such as C(5M) (5 MiB).
    type: str
  max_failures:
    description:
      - How many files may fail before the task fails. Every file is tried in any case.
    type: int
    default: 0
  report:
    description:
      - A file on the managed host for a report, with a line of JSON for each photo and video. Not written in check mode.
      - The report of an earlier run is replaced. Any other file is refused and left unchanged.
    type: path
notes:
  - The key needs the scopes C(user.read), C(asset.read), C(asset.download), C(album.read), C(tag.read), C(stack.read) and C(person.read),
    for O(with_people=faces) C(face.read) and, from Immich 2.5 on, C(asset.edit.get), and for O(partners) C(partner.read). It need not be
    an administrator's.
  - What Immich does not give out is not in the archive. These are edits that Immich 2.5 and later store apart from the original, memories,
    comments and likes, shared links, and the parts of an uploaded sidecar that Immich does not use.
  - Of a tag and a tag below it on the same photo, only the lower one is kept.
  - What lies in the trash or in the locked folder is not copied.
seealso:
  - module: photoyard.immich.immich_upload
  - name: A copy of your photos that outlives Immich
    description: How to keep such an archive, and how to practise bringing it back.
    link: https://photoyard.github.io/immich/docsite/guide_archive.html
"""

EXAMPLES = r"""
- name: Keep a copy of the photo library on the backup disk
  photoyard.immich.immich_archive:
    url: https://photos.example.com
    api_key: "{{ immich_api_key }}"
    dest: /mnt/backup/photos

- name: Check every file once a month, and move aside what was deleted in Immich
  photoyard.immich.immich_archive:
    url: https://photos.example.com
    api_key: "{{ immich_api_key }}"
    dest: /mnt/backup/photos
    verify: true
    prune: true

- name: Copy the photos of two cameras to a folder of their own
  photoyard.immich.immich_archive:
    url: https://photos.example.com
    api_key: "{{ immich_api_key }}"
    dest: /mnt/backup/cameras
    types: [image]
    camera_models: [EOS R5, EOS R6]

- name: Copy by album, slowly
  photoyard.immich.immich_archive:
    url: https://photos.example.com
    api_key: "{{ immich_api_key }}"
    dest: /mnt/backup/albums
    layout: "{album}"
    bandwidth_limit: 2M
"""

RETURN = r"""
counts:
  description: How many photos and videos had which outcome. In check mode, the numbers that the run would return.
  returned: success, and failure after the run began
  type: dict
  contains:
    archived:
      description: They were not in the archive.
      type: int
    already_in_place:
      description: They were already in their place, but not in the manifest. They were not downloaded.
      type: int
    updated:
      description: Something about them changed on the server.
      type: int
    repaired:
      description: They were missing or damaged in the archive.
      type: int
    removed:
      description: They were moved aside, because the server no longer has them.
      type: int
    unchanged:
      description: They were in the archive as they should be.
      type: int
    skipped:
      description: They cannot be copied, as RV(skip_reasons) says.
      type: int
    failed:
      description: They failed.
      type: int
skip_reasons:
  description: How many were skipped and why. C(missing) are those whose original is gone from an external library of Immich.
  returned: success, and failure after the run began
  type: dict
  sample: {"missing": 3}
albums:
  description: The names of the albums whose files were written.
  returned: success, and failure after the run began
  type: list
  elements: str
removed_albums:
  description: The names of the files of albums that were moved aside, because the server no longer has the albums.
  returned: success, and failure after the run began
  type: list
  elements: str
archive_files:
  description:
    - The files about the archive as a whole that were written. C(immich-archive/about.json) is, if it is missing or says something else,
      C(immich-archive/people.json), if there are others in it or something about somebody changed, and the manifest, if lines of it were
      damaged.
  returned: success, and failure after the run began
  type: list
  elements: str
bytes_received:
  description: How many bytes of originals were downloaded, repeated attempts included.
  returned: success, and failure after the run began
  type: int
seconds:
  description: How many seconds the run took.
  returned: success, and failure after the run began
  type: float
failures:
  description: The first 100 failures. The O(report) has all of them.
  returned: success, and failure after the run began
  type: list
  elements: dict
  contains:
    path:
      description: The file in the archive, or the name of the photo.
      type: str
    kind:
      description: The kind of failure, as in RV(ignore:failure).
      type: str
    msg:
      description: What happened.
      type: str
report:
  description: The report's path; null without one.
  returned: success, and failure after the run began
  type: str
"""

from functools import partial
from typing import Any, Mapping

from ansible_collections.photoyard.immich.plugins.module_utils import _module, _options
from ansible_collections.photoyard.immich.plugins.module_utils._archive.run import ArchiveOptions, archive
from ansible_collections.photoyard.immich.plugins.module_utils._client import api
from ansible_collections.photoyard.immich.plugins.module_utils._run.files_run import Hooks
from ansible_collections.photoyard.immich.plugins.module_utils._run.progress import progress_path
from ansible_collections.photoyard.immich.plugins.module_utils._run.report import RunLines
from ansible_collections.photoyard.immich.plugins.module_utils._run.run import Run

SPEC = _module.CONNECTION + _module.Spec(_options.argument_spec(ArchiveOptions))


def run(client: api.Immich, params: Mapping[str, Any], check_mode: bool) -> _module.Result:
    """Brings the archive up to date, or in check mode predicts what that would do."""
    options = _options.from_params(
        ArchiveOptions,
        params,
        taken_after=partial(_options.normalise_moment, "taken_after", end_of_day=False),
        taken_before=partial(_options.normalise_moment, "taken_before", end_of_day=True),
        bandwidth_limit=_module.bandwidth,
    )
    with RunLines() as lines, Run("run") as run:
        hooks = Hooks(run, lines, progress_path=progress_path())
        lines.outcome.result = archive(client, options, hooks, check_mode=check_mode)
    return lines.outcome.result


def main() -> None:
    """Runs the module."""
    _module.run(SPEC, run, api.Immich, asks_version=False)  # by a thread that a signal does not have to wait for


if __name__ == "__main__":
    main()
