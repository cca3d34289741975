#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module `immich_library`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: immich_library
short_description: Declare an external library of Immich
version_added: 1.0.0
description:
  - Creates, changes and deletes an external library. It is found by its O(owner) and O(name), neither of which Immich can change.
  - Paths are those that the server sees, in its container. Immich accepts any path for a new library. This module has the server check
    new paths before it sends anything, also in check mode. Only what differs is sent, so that a disk that is away does not prevent other
    changes.
  - With O(require), this module changes and scans nothing while a disk is away. Immich would take all of its photos for deleted. Its own
    nightly scan and its watching of folders know nothing of O(require), so that the module warns while one of them is on. To switch both
    off, set C(library.scan.enabled) and C(library.watch.enabled) to V(false) with M(photoyard.immich.immich_config). To keep the nightly
    scan, see O(guarded).
  - If the library is the key's user's own, the result says how many of its photos are offline, which means that Immich does not find their
    files, and for how many days it keeps them. A warning says so if all are. Immich shows them in the trash, where C(Restore) has no
    effect. A scan brings them back as they were, once their files are there again.
  - With O(moved_from), what there is of photos is carried over to another folder.
  - Needs an administrator's key with the scopes C(library.read), C(library.create), C(library.update), C(library.delete) and
    C(user.read), and C(asset.read) and C(systemConfig.read) to say what is offline. To check paths, Immich 2 and later require a key
    with C(all).
author:
  - photoyard.immich contributors (@photoyard)
extends_documentation_fragment:
  - photoyard.immich.connection.admin
  - photoyard.immich.connection
  - photoyard.immich.library
  - photoyard.immich.attributes
  - photoyard.immich.attributes.declaring
  - photoyard.immich.attributes.actiongroup_immich
attributes:
  idempotent:
    support: partial
    details:
      - With O(scan=always), every run starts a scan and reports a change.
options:
  moved_from:
    description:
      - The folder, as the server saw it, from which the files were moved to O(import_paths). It must not be in O(import_paths) any more.
      - Immich makes new photos of the files at their new place, and takes the old ones for deleted. This module has it scan, finds out by
        paths, names, times and sizes which new photo stands for which old one, and gives it what the old one had. That is the
        description, rating, date, position and tags; whether it is a favourite, hidden, in the archive or in the trash; its albums, and
        whether it is their cover; its shared links, stack and memories; the video of a live photo; the people in it, and the mark of a
        duplicate. All of it is read back before the old photo is removed. No file is touched.
      - The scan, and what Immich makes of the new files, may take O(wait_timeout) seconds each. After that the task fails, and the next run
        goes on.
      - A photo without a counterpart is left alone. Immich deletes it some days after the first scan that misses it (C(trash.days)).
      - A run that was stopped or has died is finished by the next one. Once nothing is left below the old folder, the option does nothing.
      - One run at a time moves libraries of a user. It writes that down on the server, as an empty album of that user, which is removed at
        the end. Another one, on whatever host, fails before it changes anything.
      - Refused while C(library.watch.enabled) is on, because Immich would delete the old photos at once. Switch that off before you move
        the folder, and do not let Immich scan before this module does.
      - Refused on Immich before 2.7 while it still sees this folder, because with the old photos Immich would delete files that are in
        there. Later versions leave them alone.
      - What is in the locked folder cannot be moved, as no API key reaches it. Immich imports those files as new ones, and shows them in
        the timeline.
      - Needs the scopes C(systemConfig.read) and, to wait for jobs, C(queue.read) (before Immich 2.4 C(job.read)), for O(api_key). For
        O(user_api_key) it needs C(user.read), C(asset.read), C(asset.view), C(asset.update), C(asset.delete), C(album.read),
        C(album.create), C(album.update), C(album.delete), C(albumAsset.create), C(tag.read), C(tag.create), C(tag.asset), C(stack.read),
        C(stack.create), C(sharedLink.read), C(asset.copy) (before Immich 2.2 C(sharedLink.update)), C(memory.read),
        C(memoryAsset.create), C(face.read), C(face.create), C(face.update) and C(activity.read), and before Immich 2.7 C(stack.delete).
    type: str
  move_record:
    description:
      - The file in which it is kept what the photos had before the scan, since Immich no longer tells all of it afterwards. It is on the
        host where the module runs, and readable for its owner only.
      - Needed with O(moved_from). Use one for each move, and keep it until nothing is left below the old folder.
    type: path
  accept_loss:
    description:
      - What may be lost with the old photos. As long as something else would be, nothing is changed, and the task says what.
      - V(comments) are comments and likes, which nobody can make in the name of others.
      - V(edits) are changes with which Immich 2.5 and later shows photos. With them, the names of faces in these photos stay behind.
      - V(unseen) is what Immich no longer tells of photos that are offline already, because it has scanned before this module did. Better
        move the folder back and scan; then all of it comes back.
    type: list
    elements: str
    choices: [comments, edits, unseen]
    default: []
  user_api_key:
    description: With O(moved_from), an API key of the library's owner. It is needed unless O(api_key) is the owner's.
    type: str
  user_api_key_file:
    description: File on the managed host that holds O(user_api_key). It wins over O(user_api_key).
    type: path
seealso:
  - module: photoyard.immich.immich_state
"""

EXAMPLES = r"""
# Immich's own scan is switched off in the configuration: it would not look at require.
- name: Anna's photos on the NAS, which are scanned only while it is there
  photoyard.immich.immich_library:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
    name: NAS
    owner: anna@example.com
    import_paths: [/mnt/nas/photos]
    exclusion_patterns: ["**/@eaDir/**"]
    require: [/mnt/nas/.mounted]
    scan: always

- name: Move Anna's photos to another disk, with all that they have in Immich
  photoyard.immich.immich_library:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
    user_api_key: "{{ anna_api_key }}"
    name: NAS
    owner: anna@example.com
    import_paths: [/mnt/newdisk/photos]
    moved_from: /mnt/nas/photos
    move_record: /var/lib/immich-tasks/move-to-newdisk.json
"""

RETURN = r"""
action:
  description: What was done, or would be done in check mode.
  returned: success
  type: str
  sample: update
id:
  description: The object's id on the server. It is missing in check mode for an object that does not exist yet.
  returned: where the object exists
  type: str
  sample: 2fbd21c7-8fd0-4c5f-9a73-93a8e8e1e2d8
fields:
  description: The fields that changed.
  returned: when an existing object was changed
  type: list
  elements: str
name:
  description: The object's name in messages.
  returned: success
  type: str
scanned:
  description: Whether a scan was started.
  returned: when it was
  type: bool
offline:
  description: How many photos of the library Immich did not find the files of when the run began.
  returned: where the library is the key's user's own, and was there
  type: int
offline_days_left:
  description:
    - For how many days Immich keeps the first of them. V(0) means until the next night. Null where there are none, or the key may not read
      the configuration.
  returned: with RV(offline)
  type: int
moved:
  description: How many photos were carried over (in check mode would be), and their old ones removed.
  returned: with O(moved_from)
  type: int
  sample: 498
carried:
  description: How many of them had what.
  returned: with O(moved_from), where there was anything to move
  type: dict
  sample: {albums: 120, description: 31, people: 200, tags: 77}
lost:
  description: What is lost with the old photos, by the values of O(accept_loss).
  returned: with O(moved_from), where there was anything to move
  type: dict
  sample: {comments: 0, edits: 2, unseen: 0}
left_alone:
  description:
    - Photos that have no counterpart, or that Immich has yet to remove, each with C(path) and C(reason). Only the first 100 are listed.
  returned: with O(moved_from), where there was anything to move
  type: list
  elements: dict
failures:
  description: Photos that could not be carried over, and stay, each with C(path) and C(msg). Only the first 100 are listed.
  returned: with O(moved_from), where there was anything to move
  type: list
  elements: dict
"""

from contextlib import ExitStack, closing
from dataclasses import replace
from typing import Any, Mapping

from ansible_collections.photoyard.immich.plugins.module_utils import _module, _options
from ansible_collections.photoyard.immich.plugins.module_utils._client import api
from ansible_collections.photoyard.immich.plugins.module_utils._moves.run import MoveOptions, move_library
from ansible_collections.photoyard.immich.plugins.module_utils._resources import options, state
from ansible_collections.photoyard.immich.plugins.module_utils._resources.kinds.libraries import LIBRARIES
from ansible_collections.photoyard.immich.plugins.module_utils._run.run import Run

_OF_KIND = options.options_of(LIBRARIES)

SPEC = _module.ADMIN_CONNECTION + _module.Spec(
    {
        **_OF_KIND,
        **_options.argument_spec(MoveOptions),
        "user_api_key": {"type": "str", "no_log": True},
        "user_api_key_file": {"type": "path", "no_log": False},
    },
    required_by={"moved_from": ["move_record"]},
)


def run(client: api.Immich, params: Mapping[str, Any], check_mode: bool) -> _module.Result:
    """Makes the library as the options say, and moves it."""
    given = {name: params[name] for name in _OF_KIND}
    if not params["moved_from"]:
        return state.declare_one(LIBRARIES, client, given, check_mode)
    wanted = replace(_options.from_params(MoveOptions, params), wait_timeout=params["wait_timeout"])
    key = params["user_api_key"]
    with Run("move") as run, ExitStack() as stack:
        owner = client if key is None else stack.enter_context(closing(client.with_key(key)))
        return move_library(client, owner, wanted, given, run, check_mode=check_mode)


def main() -> None:
    """Runs the module."""
    _module.run(SPEC, run, api.Immich)


if __name__ == "__main__":
    main()
