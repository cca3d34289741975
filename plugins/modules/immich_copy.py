#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module `immich_copy`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: immich_copy
short_description: Copy a library from one Immich server to another
version_added: 1.0.0
description:
  - Copies photos and videos of one user from one Immich server, the source, to a user of another, the target, with their albums, tags, live
    photos and stacks. The servers may run different versions of Immich from 1.135 on. The accounts may also be on the same server.
  - The source tells the checksums of its files, so the target is asked which of them it has before any file is read. Only missing files are
    transferred, as streams from server to server. Nothing is written to a disk of the managed host, and a file is never held in memory as
    a whole.
  - The bytes are hashed on the way. If they do not match the checksum that the source has, the file fails, and the target keeps nothing of
    it. A transfer that breaks off on either side is repeated from its start.
  - Carried are the originals, byte for byte, with names, times (also corrected ones), descriptions, positions, ratings, favourites, and
    what is archived. So are people who have a name, with their faces (see O(with_people)). Albums keep their description and order, and
    are shared with the same people where the target knows their e-mail addresses. See the notes for what stays behind.
  - A second run changes nothing and reads no original. A run after one that was interrupted completes what is missing. What is changed on
    the source after a photo was copied is not carried, but new albums, album members, tags and stacks are.
  - Nothing is changed on the source, except that its background jobs may be paused, and nothing is ever deleted on the target.
  - With O(pause_queues), the background jobs of the target are paused during the copy, as M(photoyard.immich.immich_upload) does it. With
    O(source_pause_queues), those of the source are paused as well.
author:
  - photoyard.immich contributors (@photoyard)
extends_documentation_fragment:
  - photoyard.immich.connection
  - photoyard.immich.source
  - photoyard.immich.filters
  - photoyard.immich.pause
  - photoyard.immich.pause.two_servers
  - photoyard.immich.ledger
  - photoyard.immich.attributes
  - photoyard.immich.attributes.actiongroup_immich
attributes:
  check_mode:
    support: full
    details:
      - Asks both servers, and returns the numbers that the run would return. No original is read and nothing is written. The O(report) is
        not created.
  diff_mode:
    support: full
    details:
      - Lists the files to copy (the first 1,000), the albums, tags and stacks that are created or added to, and the people who get faces.
  idempotent:
    support: full
options:
  source_trash:
    description:
      - What to do with what is in the trash of the source. V(skip) leaves it out. V(copy) copies it into the trash of the target, from
        where it can be restored with its albums and the video of a live photo. The target keeps it there for as long as its own settings
        say, counted from the copy.
      - Only files that the copy has brought itself are put into the trash, each as soon as it has arrived. A file that the target already
        had stays where it is. So does one for which that is not certain, because the connection broke before the target had answered, or
        because the copy was killed at that moment. A warning says how many these are.
    type: str
    choices: [skip, copy]
    default: skip
  create_albums:
    description:
      - Whether to create and fill the albums of the source on the target. With a selection, albums of which nothing is copied are left out.
      - Of albums given by O(albums), do not copy one by its id and others of its name at another time, because they would become one album.
      - An album of the same name is added to. It keeps its description and order, unless it is empty. Albums of one name are told apart by
        their age, so that the first of them on the source is the first on the target.
    type: bool
    default: true
  share_albums:
    description:
      - Whether to share the albums with the users with whom they are shared on the source, by their e-mail addresses and in the same roles.
        For those whom the target does not know there is a warning.
    type: bool
    default: true
  tag_existing:
    description:
      - Whether to give tags also to files that the target already had. Files that are copied always have their tags.
    type: bool
    default: true
  create_stacks:
    description:
      - Whether to make the stacks of the source on the target, with the same covers. A stack that exists is completed and keeps its cover.
    type: bool
    default: true
  people_as_tags:
    description:
      - Whether to tag files with the names of the people in them, as V(People/NAME). O(with_people) copies the people themselves.
    type: bool
    default: false
  with_people:
    description:
      - What to do with the people who have a name on the source. They are created on the target with their names, dates of birth, colours,
        and whether they are hidden or favourites. Two people of the same name stay two.
      - V(faces) also marks their faces in the photos, at the same place, whether they were marked by hand or recognised. Immich's own
        detection then adds no second face there, and recognises these people in further photos. It works best while the background jobs
        are paused (O(pause_queues)). Once the files are copied, the jobs that make previews are resumed, and the copy waits for the
        previews of photos with faces, for as long as there is a new one every two minutes. The jobs that look for faces stay paused.
        Photos without a preview get their faces on the next run, and a warning says so.
      - Where the target has already found a face without a name, that face is given to the person, with V(names) and V(faces) alike. With
        V(names) no face is marked where the target has found none.
      - A person who is already shown at the same place on the target is taken for the same one, even if renamed since. Otherwise, someone
        with the same name and no other date of birth is. Names and faces that the target has are never changed.
      - V(none) leaves people out.
    type: str
    choices: [faces, names, none]
    default: faces
  concurrency:
    description:
      - How many files to copy at the same time, from 1 to 100.
    type: int
    default: 4
  bandwidth_limit:
    description:
      - The rate of all transfers together, in bytes per second or with a unit. Units are powers of 1024, so V(5M) is 5 MiB per second.
    type: str
  max_failures:
    description:
      - How many files may fail without the task failing. All files are tried in any case.
    type: int
    default: 0
  report:
    description:
      - File on the managed host for a full report, with one JSON object per line, as of M(photoyard.immich.immich_upload). C(path) is the
        name of a file and, in brackets, its id on the source. C(server) is the target. The last line has C(source_pause) besides C(pause).
      - A file that is not the report of an upload, a copy or an archive is refused and left unchanged.
      - The filter P(photoyard.immich.report_html#filter) turns it into a web page.
    type: path
  return_assets:
    description:
      - The maximum number of files listed in RV(assets). The O(report) always lists all files.
    type: int
    default: 0
notes:
  - The key of the source needs the scopes C(user.read), C(asset.read) and C(asset.download); for O(create_albums) and O(albums)
    C(album.read); for O(tag_existing) and O(tags) C(tag.read); for O(create_stacks) C(stack.read); for O(with_people) C(face.read) and,
    from Immich 2.5 on, C(asset.edit.get); for O(people) and O(people_as_tags) C(person.read); for O(partners) C(partner.read).
  - The key of the target needs the scopes C(user.read), C(asset.upload), C(asset.read) and C(asset.update); for O(create_albums)
    C(album.read), C(album.create), C(album.update), C(albumAsset.create) and, with O(share_albums), C(albumUser.create); for
    O(tag_existing) C(tag.read), C(tag.create) and C(tag.asset); for O(create_stacks) C(stack.read) and C(stack.create); for
    O(with_people) C(face.read), C(face.update), C(person.read), C(person.create) and C(person.update), and with
    O(with_people=faces) C(face.create) and C(asset.view); for O(source_trash=copy) C(asset.delete).
  - Not copied are files in external libraries and files whose originals are missing on the source (both are counted in RV(skip_reasons)),
    the locked folder, the trash (but see O(source_trash)), albums of other users and their photos (but see O(partners)), people without a
    name and their faces, edits that Immich 2.5 and later keep beside the original (counted in RV(not_copied)), comments and likes, public
    links, memories, the covers of albums, and the user's settings. Stacks whose cover is not in the timeline are not copied.
  - Faces are copied to where they are in the original, which is what is copied of an edited photo. Those that a crop has cut off on the
    source stay behind, and photos that are edited on the target keep the faces that they have. Immich does not tell which photo stands for
    a person, so that it is the first one that is copied. Up to Immich 2.7, the target only makes the small pictures of people while
    facial recognition, or the import of faces, is switched on there.
  - A detection of all faces on the target (M(photoyard.immich.immich_job_run)) loses faces of photos in which some were marked by hand.
  - Time zones are carried as their offset from UTC, so that C(Europe/Rome) in summer becomes C(UTC+2).
  - A line of progress is shown every 5 seconds, and one at the end, but not with C(async). To change the interval in seconds, set the
    variable C(immich_copy_progress_interval) or the controller's environment variable E(ANSIBLE_IMMICH_PROGRESS_INTERVAL). V(0) turns
    progress off.
seealso:
  - module: photoyard.immich.immich_upload
  - module: photoyard.immich.immich_jobs
  - plugin: photoyard.immich.report_html
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Copy everything to a new server
  photoyard.immich.immich_copy:
    source_url: https://old.example.com
    source_api_key: "{{ old_api_key }}"
    url: https://photos.example.com
    api_key: "{{ immich_api_key }}"

- name: Copy two albums to the account of another user on the same server
  photoyard.immich.immich_copy:
    source_url: https://photos.example.com
    source_api_key: "{{ anna_api_key }}"
    url: https://photos.example.com
    api_key: "{{ ben_api_key }}"
    albums: [Wedding, Summer 2025]
    share_albums: false

- name: Copy what one camera took in Italy and nobody has put into an album
  photoyard.immich.immich_copy:
    source_url: https://old.example.com
    source_api_key: "{{ old_api_key }}"
    url: https://photos.example.com
    api_key: "{{ immich_api_key }}"
    camera_models: [EOS R5]
    countries: [Italy]
    not_in_album: true

- name: Copy everything, with the target's background jobs paused meanwhile
  photoyard.immich.immich_copy:
    source_url: https://old.example.com
    source_api_key: "{{ old_api_key }}"
    url: https://photos.example.com
    api_key: "{{ immich_api_key }}"
    admin_api_key: "{{ immich_admin_api_key }}"
    pause_queues: [upload]
    report: /var/log/immich-copy.jsonl
"""

RETURN = r"""
uploaded:
  description: How many files were copied. In check mode, how many would be.
  returned: success, and failure after the copy began
  type: int
duplicates:
  description: How many files the target already had.
  returned: success, and failure after the copy began
  type: int
counts:
  description: How many files had which outcome. In check mode, the numbers that the run would return.
  returned: success, and failure after the copy began
  type: dict
  contains:
    uploaded:
      description: Files that were copied.
      type: int
    duplicates:
      description: Files that the target already had.
      type: int
    skipped:
      description: Files that cannot be copied.
      type: int
    failed:
      description: Files that failed. An album or stack that could not be completed is also counted here.
      type: int
    in_trash:
      description: Files that are in the trash of the target and stay there. They are among the duplicates.
      type: int
    albums_created:
      description: Albums that were created.
      type: int
    albums_added_to:
      description: Albums that were there before and to which files were added.
      type: int
    tags_given:
      description: How many times a tag was given to a file.
      type: int
skip_reasons:
  description:
    - How many files were skipped, by the reason. C(external library) counts files of external libraries, C(missing original) files whose
      original the source does not have any more, C(empty file) files without content.
  returned: success, and failure after the copy began
  type: dict
not_copied:
  description: What copied files have on the source that was not copied. C(edits) counts files that Immich shows with edits.
  returned: success, and failure after the copy began
  type: dict
  sample: {"edits": 3}
moved_to_trash:
  description: How many of the copied files were put into the trash of the target, because they are in that of the source.
  returned: success, and failure after the copy began
  type: int
bytes_sent:
  description: The size of the files that were copied, in bytes.
  returned: success, and failure after the copy began
  type: int
seconds:
  description: How long the copy took.
  returned: success, and failure after the copy began
  type: float
failures:
  description: The first 100 failures. The O(report) has all.
  returned: success, and failure after the copy began
  type: list
  elements: dict
  contains:
    path:
      description: The file's name and, in brackets, its id on the source, or the name of an album.
      type: str
    kind:
      description: The kind of failure, as in RV(ignore:failure).
      type: str
    msg:
      description: What happened.
      type: str
assets:
  description: The first O(return_assets) files that the target has; empty by default.
  returned: success, and failure after the copy began
  type: list
  elements: dict
  contains:
    path:
      description: The file's name and, in brackets, its id on the source.
      type: str
    id:
      description: The asset's id on the target; null for a new file in check mode.
      type: str
    status:
      description: V(created), V(duplicate), or V(in_trash) for a duplicate in the trash.
      type: str
albums:
  description: The albums that were created, added to or shared.
  returned: success, and failure after the copy began
  type: list
  elements: dict
  contains:
    name:
      description: The album's name.
      type: str
    id:
      description: The album's id on the target; null for one that would be created.
      type: str
    created:
      description: Whether it was created.
      type: bool
    added:
      description: How many files were added.
      type: int
    shared_with:
      description: With how many users it was shared.
      type: int
tags:
  description: The tags that were created or given to files.
  returned: success, and failure after the copy began
  type: list
  elements: dict
  contains:
    name:
      description: The tag with its parents, such as V(Trip/Rome).
      type: str
    id:
      description: The tag's id on the target; null for one that the target has yet to create when it reads the metadata of new files.
      type: str
    created:
      description: Whether it was created.
      type: bool
    added:
      description: How many files were given this tag; a file with one below it does not count.
      type: int
tags_to_be_read:
  description:
    - How many files that were there before do not show their tags, because Immich has yet to read their metadata. What was sent with its
      tags has them then. The next run tags the others.
  returned: success, and failure after the copy began
  type: int
live_photos:
  description: How many live photos were put together from a photo and its video.
  returned: success, and failure after the copy began
  type: int
people:
  description: How many people were created, and how many faces they got.
  returned: success, and failure after the copy began
  type: dict
  contains:
    created:
      description: People who are new on the target.
      type: int
    faces_added:
      description: Faces that were marked.
      type: int
    faces_named:
      description: Faces that the target had found by itself and that were given to a person.
      type: int
stacks:
  description: How many stacks were made or changed.
  returned: success, and failure after the copy began
  type: dict
  contains:
    created:
      description: Stacks that are new.
      type: int
    completed:
      description: Stacks that further photos were added to.
      type: int
    left_alone:
      description: Stacks whose photos are in different stacks on the target.
      type: int
report:
  description: The report's path; null without one.
  returned: success, and failure after the copy began
  type: str
pause:
  description: The result of the pause, as in M(photoyard.immich.immich_upload).
  returned: with O(pause_queues), after the copy began
  type: dict
resume:
  description: The result of releasing the pause, as in M(photoyard.immich.immich_upload).
  returned: with O(pause_queues), after the copy began
  type: dict
lease:
  description: The lease that is still held because it could not be released, as in M(photoyard.immich.immich_jobs); null otherwise.
  returned: with O(pause_queues), after the copy began
  type: dict
source_pause:
  description: As RV(pause), for the source.
  returned: with O(source_pause_queues), after the copy began, if the servers are two
  type: dict
source_resume:
  description: As RV(resume), for the source.
  returned: with O(source_pause_queues), after the copy began, if the servers are two
  type: dict
source_lease:
  description: As RV(lease), for the source.
  returned: with O(source_pause_queues), after the copy began, if the servers are two
  type: dict
"""

from contextlib import closing
from functools import partial
from typing import Any, Mapping

from ansible_collections.photoyard.immich.plugins.module_utils import _module
from ansible_collections.photoyard.immich.plugins.module_utils._client import api
from ansible_collections.photoyard.immich.plugins.module_utils._copy.context import CopyOptions
from ansible_collections.photoyard.immich.plugins.module_utils._copy.run import COPY, copy
from ansible_collections.photoyard.immich.plugins.module_utils._options import argument_spec, from_params, normalise_moment
from ansible_collections.photoyard.immich.plugins.module_utils._paused import PAUSE, SOURCE_PAUSE, paused
from ansible_collections.photoyard.immich.plugins.module_utils._run.report import RunLines

SPEC = _module.CONNECTION + _module.SOURCE_CONNECTION + PAUSE + SOURCE_PAUSE + _module.Spec(argument_spec(CopyOptions))


def run(client: api.Immich, params: Mapping[str, Any], check_mode: bool) -> _module.Result:
    """Copies, or in check mode predicts what that would do."""
    source = _module.source_client(params, api.Immich)
    with closing(source), RunLines() as lines, paused(client, params, check_mode, COPY.infinitive, lines, source) as hooks:
        lines.outcome.result = copy(source, client, _options(params), hooks, check_mode=check_mode)
    return lines.outcome.result


def _options(params: Mapping[str, Any]) -> CopyOptions:
    return from_params(
        CopyOptions,
        params,
        taken_after=partial(normalise_moment, "taken_after", end_of_day=False),
        taken_before=partial(normalise_moment, "taken_before", end_of_day=True),
        bandwidth_limit=_module.bandwidth,
    )


def main() -> None:
    """Runs the module."""
    _module.run(SPEC, run, api.Immich, asks_version=False)  # the guard is forked first, before anything that may take long


if __name__ == "__main__":
    main()
