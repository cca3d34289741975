#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module `immich_stack`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: immich_stack
short_description: Stack photos in Immich that belong together
version_added: 1.0.0
description:
  - Finds photos on the server that belong together, such as a RAW file and its JPEG file or the photos of a burst, and makes a stack of
    them, of which the timeline shows the cover only.
  - Photos belong together by their names, the times when they were taken and their cameras, never by their names alone. Where it is not
    clear which files belong together, nothing is stacked.
  - A stack that exists is completed. It keeps its cover and whatever else is in it, and gets a new id. Nothing is taken out of a stack.
    Photos that are in different stacks already are left alone.
  - With O(state=absent) the stacks that the options would make are taken apart.
  - Only photos of the key's user that are in the timeline are stacked, because Immich shows stacks nowhere else. Photos in the archive, the
    trash or the locked folder and the videos of live photos are left out.
  - A photo is in one stack at most. All files of one shot make one stack. For example, an edited copy, its JPEG file and the RAW file are a
    stack of the kind V(edited). If several kinds are possible, series that the phone named come first, then V(scans), then files of one
    shot, then other bursts.
  - The key needs the scopes C(user.read), C(asset.read), C(stack.read) and C(stack.create), C(stack.update) with O(stack_cover),
    C(album.read) with O(album) and C(tag.read) with O(tag); with O(state=absent) C(stack.delete) instead of C(stack.create) and
    C(stack.update). It need not be an administrator's.
author:
  - photoyard.immich contributors (@photoyard)
extends_documentation_fragment:
  - photoyard.immich.connection
  - photoyard.immich.stacks
  - photoyard.immich.attributes
  - photoyard.immich.attributes.actiongroup_immich
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - Lists the names of the photos in each stack that is made, changed or taken apart (the first 1,000 stacks).
  idempotent:
    support: full
options:
  kinds:
    description:
      - Which kinds of stacks to make.
      - V(raw_jpeg) is a RAW file and the JPEG or HEIC file of the same shot. They have the same name but for the extension (or names that a
        Pixel gives to such files), the same camera, and times that are at most one second apart.
      - V(heic_jpeg) is a HEIC file and the JPEG file of the same shot.
      - V(burst) is a burst. Its photos have names by which a phone marks bursts (Google Nexus and Pixel, Nothing, Samsung, Huawei, Xiaomi,
        Motorola, Oppo, Sony Xperia), or they are three or more of the same camera that were taken at most half a second apart. The latter
        are found only if the camera writes into the files when they were taken, with fractions of a second. To a scan or another file that
        says nothing of this, Immich gives the time of the file; that makes no burst. Other series of a Pixel, such as long exposures, count
        as bursts too.
      - V(edited) is an edited copy and its original. The copy is named like C(IMG_1-edited.jpg), in any of the languages of Google Photos,
        or like C(IMG_E1234.JPG), as Apple names it.
      - V(scans) is a scan of Epson FastFoto with its enhanced copy (C(name_0001_a.jpg)) and its back (C(name_0001_b.jpg)).
    type: list
    elements: str
    choices: [raw_jpeg, heic_jpeg, burst, edited, scans]
    default: [raw_jpeg, heic_jpeg, burst]
  album:
    description:
      - Name of an album of the key's user. Only its photos are stacked, among each other.
      - If several albums have this name, the task fails and lists their ids. Use O(album_id) then.
    type: str
  album_id:
    description:
      - Id of an album, in place of O(album). Only the user's own photos in it are stacked, among each other.
    type: str
  tag:
    description:
      - A tag, such as V(Trip/Rome). Only photos with this tag, or one below it, are stacked, among each other.
    type: str
  taken_after:
    description:
      - Only photos that were taken at this time or later are stacked, among each other. It is a date such as V(2024-07-01) or a moment such
        as V(2024-07-01T18:00:00+02:00). Without an offset it is UTC.
    type: str
  taken_before:
    description:
      - Only photos that were taken at this time or earlier are stacked, among each other. It is like O(taken_after). A date includes the
        whole day.
    type: str
  state:
    description:
      - V(present) makes and completes stacks.
      - V(absent) takes apart the stacks that V(present) would make of the same options, whichever photo is on top and whatever
        O(stack_cover) says. Their photos stay where they are. It is the way back from a kind that was not wanted.
      - With V(absent) a stack that has any other photo as well, or only some of those that belong together, is left alone. The module
        cannot tell who made a stack, so one that was made by hand of just these photos is taken apart too.
      - With V(absent) and the kind V(burst), photos of one camera in quick succession are a burst even if only the times of their files say
        so. V(present) does not make such stacks, but other programs do.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: photoyard.immich.immich_upload
"""

EXAMPLES = r"""
- name: Stack RAW files, HEIC files and bursts
  photoyard.immich.immich_stack:
    url: https://photos.example.com
    api_key: "{{ immich_api_key }}"

- name: Stack the RAW and JPEG files of an album, with the RAW file on top
  photoyard.immich.immich_stack:
    url: https://photos.example.com
    api_key: "{{ immich_api_key }}"
    kinds: [raw_jpeg]
    stack_cover:
      raw_jpeg: raw
    album: Iceland

- name: Stack what was taken since the beginning of the year, edited copies too
  photoyard.immich.immich_stack:
    url: https://photos.example.com
    api_key: "{{ immich_api_key }}"
    kinds: [raw_jpeg, heic_jpeg, burst, edited]
    taken_after: "2026-01-01"
  register: stacked

- name: Show what was left alone
  ansible.builtin.debug:
    var: stacked.left_alone

- name: Take all bursts apart again
  photoyard.immich.immich_stack:
    url: https://photos.example.com
    api_key: "{{ immich_api_key }}"
    kinds: [burst]
    state: absent
"""

RETURN = r"""
photos:
  description: How many photos and videos were looked at.
  returned: success, or failure after photos were looked at
  type: int
  sample: 18302
counts:
  description:
    - How many stacks there are of each kind in O(kinds). With C(unchanged) ones there is nothing to do. C(removed) ones were taken apart.
  returned: success, or failure after photos were looked at
  type: dict
  sample:
    raw_jpeg:
      created: 12
      completed: 1
      cover_changed: 0
      removed: 0
      unchanged: 430
      left_alone: 0
      failed: 0
stacks:
  description: The stacks that were made, changed or taken apart, or in check mode would be. Only the first 100 are listed.
  returned: success, or failure after photos were looked at
  type: list
  elements: dict
  contains:
    kind:
      description: One of O(kinds).
      type: str
    action:
      description: What was done, V(created), V(completed), V(cover_changed) or V(removed).
      type: str
    id:
      description:
        - The stack's id. Null for a stack that is created in check mode. Immich gives a stack that is completed a new id, and in check mode
          it is the old one.
      type: str
    count:
      description: How many photos are in it, or were if it was taken apart.
      type: int
    names:
      description: The names of its photos, the cover first. Only the first 20 are listed.
      type: list
      elements: str
left_alone:
  description:
    - Photos that belong together and were not stacked, or with O(state=absent) are in a stack that was not taken apart. Only the first 100
      are listed.
  returned: success, or failure after photos were looked at
  type: list
  elements: dict
  contains:
    kind:
      description: One of O(kinds).
      type: str
    names:
      description: The names of the photos. Only the first 20 are listed.
      type: list
      elements: str
    reason:
      description: Why they were left alone.
      type: str
failures:
  description: The stacks that could not be made, changed or taken apart. Only the first 100 are listed.
  returned: success, or failure after photos were looked at
  type: list
  elements: dict
  contains:
    kind:
      description: One of O(kinds).
      type: str
    names:
      description: The names of the photos. Only the first 20 are listed.
      type: list
      elements: str
    msg:
      description: What went wrong.
      type: str
"""

from typing import Any, Mapping

from ansible_collections.photoyard.immich.plugins.module_utils import _module, _options
from ansible_collections.photoyard.immich.plugins.module_utils._client import api
from ansible_collections.photoyard.immich.plugins.module_utils._run.run import TIME_FOR_A_CALL, Run
from ansible_collections.photoyard.immich.plugins.module_utils._stacks.run import StackOptions, stack

SPEC = _module.CONNECTION + _module.Spec(_options.argument_spec(StackOptions), mutually_exclusive=[("album", "album_id")])


def run(client: api.Immich, params: Mapping[str, Any], check_mode: bool) -> _module.Result:
    """Makes and completes stacks, or takes them apart."""
    options = _options.from_params(StackOptions, params)
    with Run("stacking") as run:
        return run.do(lambda: stack(client, options, run, check_mode=check_mode), TIME_FOR_A_CALL)


def main() -> None:
    """Runs the module."""
    _module.run(SPEC, run, api.Immich)


if __name__ == "__main__":
    main()
