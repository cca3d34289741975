#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module `immich_duplicates`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: immich_duplicates
short_description: Resolve duplicates that Immich found, by rules
version_added: 1.0.0
description:
  - Goes through the groups of similar photos that Immich lists under Utilities → Review duplicates, and decides by rules which photo of
    each group stays. The others go to the trash, or the group is stacked or dismissed.
  - By default nothing is done, and the result says what would be. A person can look at that and give the decisions back in O(groups).
  - The photo that stays takes over what the others have, such as their albums, tags and favourites (O(merge)). What it cannot take over
    is listed in RV(groups[].lost).
  - Nothing is deleted. Photos in the trash can be restored until the server empties it, 30 days later by default, and keep their albums,
    tags and faces until then.
  - Each photo is read again just before its group is changed, and the one that stays once more when the others are in the trash. If it is
    gone at that moment, because somebody trashed, locked or deleted it, the others are restored. So a group never ends with no photo in
    view, even if two runs decide differently at the same time.
  - That a photo is in view, two answers of the server have to say. If they contradict each other, or photos that were restored are not in
    view afterwards, the task fails and changes no further group.
  - Immich remembers no decision. A dismissed group returns when a similar photo is added, or when all photos are searched again. A rule
    that runs on a schedule decides the same way each time.
  - Only photos of the key's user are looked at, never those of a partner. Photos that are hidden, locked, stacked or in the trash are not
    in the groups.
  - Not seen are places in memories, and in albums of other people that are shared only with other people. They are lost with a photo that
    goes to the trash, and return when it is restored.
  - Reading the list makes Immich forget groups of which only one photo is left, which changes nothing that a user sees.
  - The key needs the scopes C(duplicate.read), C(asset.read), C(album.read) and C(sharedLink.read). With O(action=trash) also
    C(asset.update), C(asset.delete), and for what O(merge) names C(albumAsset.create), C(tag.asset) and C(asset.copy). With
    O(action=stack) C(asset.update) and C(stack.create), with O(action=dismiss) or O(on_protected=keep_both) C(duplicate.delete), with
    O(thumbnails) C(asset.view). A scope that is missing is named before anything is changed. It need not be an administrator's key.
author:
  - photoyard.immich contributors (@photoyard)
extends_documentation_fragment:
  - photoyard.immich.connection
  - photoyard.immich.attributes
  - photoyard.immich.attributes.actiongroup_immich
attributes:
  check_mode:
    support: full
    details:
      - Neither O(report) nor O(thumbnails) is written in check mode, and the folder of O(report) may be missing. Use O(action=none) to
        write them.
  diff_mode:
    support: full
    details:
      - Lists the names of the photos of each group, and of those that stay (the first 1,000 groups).
  idempotent:
    support: full
options:
  action:
    description:
      - What is done with the groups.
      - V(none) only says what V(trash) would do. It needs no scopes for writing.
      - V(trash) puts all but the photo that stays into the trash.
      - V(stack) stacks the group, with the photo that would stay on top. Nothing is merged, because nothing goes.
      - V(dismiss) says that these are not duplicates. All photos stay.
    type: str
    choices: [trash, stack, dismiss, none]
    default: none
  keep:
    description:
      - Rules for which photo stays. Each narrows the choice to those that fit best, and the next one decides among them. A rule that none
        fits is passed over. If several are left at the end, the one with the lowest id stays, so that the answer is always the same.
      - V(favorite), V(has_people), V(live_photo) and V(protected) (see O(protect)) prefer photos of which this is true.
      - V(rated) prefers the best rating, V(most_pixels), V(largest) and V(smallest) go by size, V(most_exif) by how much Immich knows of
        the photo.
      - V(earliest) and V(latest) go by when they were taken. Dates before 1990 are passed over, since they mostly come from a clock that
        was never set.
      - V(suggested) is what Immich itself suggests. It is the largest file, then the most EXIF fields, then the latest.
      - "C(in_album: [NAME]) prefers photos in one of these albums, V(in_album) those in any album."
      - "C(path: [GLOB]) prefers originals at such a path on the server, such as C(/mnt/nas/*)."
      - "C(library: [upload]) prefers uploaded photos, C(library: [external]) those of external libraries. The id of a library stands for
        this library."
      - "C(format: [raw, heic, jpeg]) prefers the format that is named first. Other formats are named by their extension."
    type: list
    elements: raw  # a text, or a dictionary of one
    default: [suggested]
  require:
    description:
      - What must be true of a group. All other groups are left alone.
      - It is not asked of O(groups), which a person has looked at.
    type: dict
    suboptions:
      same_type:
        description: Only photos, or only videos.
        type: bool
        default: false
      same_format:
        description: All files of the same format, so that a RAW file and its JPEG file are left alone.
        type: bool
        default: false
      same_name_stem:
        description: The same name except for the extension. Case does not matter.
        type: bool
        default: false
      same_pixels:
        description: The same width and height.
        type: bool
        default: false
      max_time_difference:
        description: At most this many seconds between the first and the last of them.
        type: float
      max_members:
        description: At most this many photos in the group.
        type: int
      formats:
        description: Only files of these formats, named as in O(keep).
        type: list
        elements: str
  protect:
    description:
      - Photos that never go to the trash, whatever O(keep) or O(groups) say.
      - V(external) are those of external libraries. Once the trash is emptied, Immich deletes their files, or imports them again if it
        may not write there.
      - V(favorite), V(people) (with a face that belongs to somebody), V(live_photo) and V(edited) (changed in Immich).
      - "C(in_album: [NAME]) are those in one of these albums, V(in_album) those in any album, C(path: [GLOB]) those at such a path."
    type: list
    elements: raw  # a text, or a dictionary of one
    default: [external]
  on_protected:
    description:
      - What is done with a group of which a protected photo would go. V(skip) leaves it alone. V(keep_both) keeps the protected photos as
        well, and the others go.
    type: str
    choices: [skip, keep_both]
    default: skip
  merge:
    description:
      - What the photo that stays takes over from those that go.
      - Of V(albums), those to which the key's user may add. V(rating) is the highest one. V(description) adds the paragraphs that are not
        in its text yet. V(shared_links) needs Immich 2.2. V(live_photo) gives a still its video.
      - V(location) is set if it has none and the others agree. This can move its time, because Immich then goes by the time zone of the
        place.
      - V(visibility) takes a photo out of the archive of which another copy is in the timeline.
    type: list
    elements: str
    choices: [albums, favorite, tags, rating, description, shared_links, live_photo, location, visibility]
    default: [albums, favorite, tags, rating, description, shared_links, live_photo]
  groups:
    description:
      - Decisions that a person has reviewed, as this module returns them in RV(groups) or writes them into O(report). With this option,
        all other groups are left alone.
      - Each has C(members), and may have C(keep) (the ids of those that stay) and C(decision) (V(trash), V(stack), V(dismiss) or
        V(skip)). Without them, O(keep) and O(action) decide. What a report says besides is not looked at.
      - A group is recognised by its members. If these have changed since the review, it is left alone. A group that is gone is not an
        error.
    type: list
    elements: dict
  only_albums:
    description: Names of albums of the key's user. Only groups of which all members are in them are looked at.
    type: list
    elements: str
  limit:
    description: At most this many groups are handled. The others are left for the next run.
    type: int
  max_trash:
    description: If more photos than this would go to the trash, the task fails before it changes anything.
    type: int
  allow_no_trash:
    description:
      - Whether to go on if the trash is switched off on the server. What goes there is deleted for good with the next nightly job.
    type: bool
    default: false
  restore_on_conflict:
    description:
      - Whether to restore the others if the photo that was to stay is gone after they were trashed. With V(false) the task ends
        there, and the message names them.
    type: bool
    default: true
  report:
    description:
      - File on the managed host that gets a line of JSON for each group, with all that RV(groups) says. It can be reviewed and given
        back as O(groups), and the filter P(photoyard.immich.duplicates_html#filter) makes a page of pictures from it.
      - Only a report of duplicates is replaced, and only if nobody has corrected it since. Any other file is refused and left unchanged.
    type: path
  thumbnails:
    description: Folder on the managed host that gets a small picture of each photo, named C(<id>.webp), for that page.
    type: path
notes:
  - Set C(throttle=1) where several hosts use the key of the same user.
  - The list of 5,000 groups has some 13 MB. Immich itself fails at some 400,000 duplicates.
seealso:
  - module: photoyard.immich.immich_stack
  - plugin: photoyard.immich.duplicates_html
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Say what would be done, and write it down for a review
  photoyard.immich.immich_duplicates:
    url: https://photos.example.com
    api_key: "{{ immich_api_key }}"
    report: /tmp/duplicates.jsonl
  register: duplicates

- name: Show the summary
  ansible.builtin.debug:
    msg: "{{ duplicates.sentences }}"

- name: Keep the larger of two files of the same name that were taken at the same time
  photoyard.immich.immich_duplicates:
    url: https://photos.example.com
    api_key: "{{ immich_api_key }}"
    action: trash
    keep: [favorite, most_pixels, largest]
    require:
      same_name_stem: true
      max_time_difference: 1
    max_trash: 500

- name: Prefer HEIC to JPEG, and what is in albums, but leave RAW files alone
  photoyard.immich.immich_duplicates:
    url: https://photos.example.com
    api_key: "{{ immich_api_key }}"
    action: trash
    keep:
      - in_album
      - format: [heic, jpeg]
      - suggested
    require:
      formats: [heic, jpeg]

- name: Do what was reviewed
  photoyard.immich.immich_duplicates:
    url: https://photos.example.com
    api_key: "{{ immich_api_key }}"
    action: trash
    groups: "{{ lookup('ansible.builtin.file', '/tmp/duplicates.jsonl').splitlines() | map('from_json') }}"

- name: Stack what is left
  photoyard.immich.immich_duplicates:
    url: https://photos.example.com
    api_key: "{{ immich_api_key }}"
    action: stack
"""

RETURN = r"""
sentences:
  description:
    - The most important of RV(counts) for a person. In check mode and with O(action=none) it says what would happen.
  returned: success, or failure after the list was read
  type: list
  elements: str
  sample:
    - 112 of 260 photos went to the trash, from 100 groups.
    - 20 groups left alone.
counts:
  description:
    - How many groups there were (C(found)), and what became of them. C(resolved), C(stacked) and C(dismissed) were handled, or with
      O(action=none) and in check mode would be. C(skipped) were left alone by a rule. C(conflicts) changed while the task ran, so that
      they were left alone. C(restored) lost the photo that was to stay, so that the others were restored. C(left_for_later) are beyond
      O(limit).
    - C(photos) is the number of photos in all groups. Of the groups that were resolved, C(kept) photos stay, and C(trashed) went to the
      trash, or would go there.
  returned: success, or failure after the list was read
  type: dict
  sample:
    found: 120
    photos: 260
    resolved: 100
    stacked: 0
    dismissed: 0
    skipped: 20
    conflicts: 0
    restored: 0
    failed: 0
    kept: 100
    trashed: 112
    left_for_later: 0
bytes_freed:
  description: The size of what went to the trash. The space is free when the trash is emptied.
  returned: success, or failure after the list was read
  type: int
  sample: 482310221
detection_enabled:
  description: Whether Immich looks for duplicates.
  returned: success, or failure after the list was read
  type: bool
groups:
  description: The groups and what became of them. Only the first 100 are listed, those that were skipped first. O(report) has all.
  returned: success, or failure after the list was read
  type: list
  elements: dict
  contains:
    group_id:
      description: The id of the group. It changes when Immich finds the group again.
      type: str
    decision:
      description: What is done, V(trash), V(stack), V(dismiss) or V(skip).
      type: str
    status:
      description:
        - What became of it, V(done), V(skip), V(unchanged), V(conflict), V(restored) or V(failed). In check mode and with O(action=none)
          V(planned), if it would be done.
      type: str
    rule:
      description: The rule of O(keep) that decided which photo stays, V(lowest_id) if none did, or V(reviewed).
      type: str
    keep:
      description: The ids of the photos that stay. The first one takes over what the others have. Empty if the group was skipped.
      type: list
      elements: str
    trashed:
      description: The ids of the photos that go to the trash.
      type: list
      elements: str
    merged:
      description: What the photo that stays takes over, by the names of O(merge), each with C(before) and C(after).
      type: dict
    lost:
      description: What it does not take over, such as faces or places in albums to which the key's user may not add.
      type: list
      elements: str
    skipped_reason:
      description: Why the group was left alone, or what failed.
      type: str
    members:
      description:
        - The photos, each with C(id), C(name), C(path), C(format), C(size), C(width), C(height), C(taken), C(external), C(favorite),
          C(rating), C(visibility), C(live_photo), C(albums), C(tags) and C(people).
      type: list
      elements: dict
"""

from typing import Any, Mapping

from ansible_collections.photoyard.immich.plugins.module_utils import _module
from ansible_collections.photoyard.immich.plugins.module_utils._client import api
from ansible_collections.photoyard.immich.plugins.module_utils._duplicates.model import DuplicateOptions
from ansible_collections.photoyard.immich.plugins.module_utils._duplicates.run import handle_duplicates
from ansible_collections.photoyard.immich.plugins.module_utils._options import argument_spec, from_params
from ansible_collections.photoyard.immich.plugins.module_utils._run.run import TIME_FOR_A_CALL, Run

SPEC = _module.CONNECTION + _module.Spec(argument_spec(DuplicateOptions))


def run(client: api.Immich, params: Mapping[str, Any], check_mode: bool) -> _module.Result:
    """Handles duplicates, or in check mode predicts how."""
    options = from_params(DuplicateOptions, params)
    with Run("handling of duplicates") as run:
        return run.do(lambda: handle_duplicates(client, options, run, check_mode=check_mode), TIME_FOR_A_CALL)


def main() -> None:
    """Runs the module."""
    _module.run(SPEC, run, api.Immich)


if __name__ == "__main__":
    main()
