#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module `immich_asset`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: immich_asset
short_description: Select photos in Immich and change what is known of them
version_added: 1.0.0
description:
  - Selects photos and videos of the key's user by conditions, and gives all of them a description, a rating, a date, a place, tags or
    albums, moves them to the archive, or puts them into the trash.
  - What has all of it already is left alone, so a second run changes nothing. Each photo gets only what differs, in one call, and its tags
    once Immich has written the rest down, because two changes in a row may make Immich lose one of them.
  - In the end each photo is read again. What Immich took and lost is given again, and after that the photo fails. In an external library
    that Immich cannot write to, description, rating, date, position and tags are always lost, unless they are written there with
    O(via=sidecar); Immich itself does not say so.
  - A photo whose metadata Immich has yet to read is left alone, because it would lose what it is given before that.
  - The key needs the scopes C(user.read) and C(asset.read); C(asset.update) for all of O(set) but tags and albums; C(tag.read),
    C(tag.create) and C(tag.asset) for tags; C(album.read), C(album.create), C(albumAsset.create) and C(albumAsset.delete) for albums;
    C(person.read) with O(select.people), and C(asset.delete) with O(state=trashed). It need not be an administrator's.
author:
  - photoyard.immich contributors (@photoyard)
extends_documentation_fragment:
  - photoyard.immich.connection
  - photoyard.immich.attributes
  - photoyard.immich.attributes.actiongroup_immich
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - Lists what changes of each photo, up to 2,000 lines.
  idempotent:
    support: full
options:
  select:
    description:
      - Which photos and videos are meant. All conditions must hold, and of several values of one condition one is enough, but for
        O(select.lacks).
      - At least one condition must be given, and none may be empty. Immich takes an empty condition for no condition and would select
        everything.
      - What is in the trash or in the locked folder, and what others share, is never selected.
    type: dict
    required: true
    suboptions:
      albums:
        description: What is in one of these albums, given by name or id. If several albums have a name, all of them are meant.
        type: list
        elements: str
      not_in_album:
        description: What is in no album. It cannot be set together with O(select.albums).
        type: bool
      tags:
        description: What has one of these tags, such as V(Trip/Rome), or a tag below it.
        type: list
        elements: str
      people:
        description: What shows one of these people, by their names in Immich.
        type: list
        elements: str
      favorite:
        description: Favourites (V(true)), or what is not a favourite (V(false)).
        type: bool
      visibility:
        description: What is in these places. If it is not given, V(timeline) and V(archive) are meant.
        type: list
        elements: str
        choices: [timeline, archive, hidden]
      types:
        description: Only these types. If it is not given, both are meant.
        type: list
        elements: str
        choices: [image, video]
      extensions:
        description: Files whose names have one of these extensions, such as V(jpg). Case and a dot in front do not matter.
        type: list
        elements: str
      exclude_extensions:
        description: Not files whose names have one of these extensions.
        type: list
        elements: str
      names:
        description:
          - Files whose names are like one of these patterns, such as V(Screenshot*). C(*) stands for any text, C(?) for one character. Case
            does not matter.
        type: list
        elements: str
      folders:
        description:
          - Files whose originals lie in one of these folders, or below it, by paths as Immich sees them, such as V(/mnt/photos/scans).
        type: list
        elements: str
      camera_makes:
        description:
          - What was taken with a camera of one of these makers, such as V(Canon). This and the four options that follow are compared as a
            whole and in the same case.
        type: list
        elements: str
      camera_models:
        description: What was taken with one of these models.
        type: list
        elements: str
      countries:
        description: What was taken in one of these countries.
        type: list
        elements: str
      states:
        description: What was taken in one of these states or provinces.
        type: list
        elements: str
      cities:
        description: What was taken in one of these cities.
        type: list
        elements: str
      taken_after:
        description:
          - What was taken at this time or later. It is a date such as V(2024-07-01) or a moment such as V(2024-07-01T18:00:00+02:00).
            Without an offset it is UTC.
        type: str
      taken_before:
        description: What was taken at this time or earlier. A date includes the whole day.
        type: str
      added_after:
        description: What Immich got at this time or later, like O(select.taken_after).
        type: str
      added_before:
        description: What Immich got at this time or earlier, like O(select.taken_before).
        type: str
      min_rating:
        description: What has this many stars or more.
        type: int
        choices: [1, 2, 3, 4, 5]
      lacks:
        description: What has none of these.
        type: list
        elements: str
        choices: [description, position, rating, tags]
  set:
    description:
      - What each selected photo is to have. What is not named is left as it is.
      - Required with O(state=present).
    type: dict
    suboptions:
      description:
        description: The description. An empty text removes it.
        type: str
      rating:
        description: The stars. V(0) removes them.
        type: int
        choices: [0, 1, 2, 3, 4, 5]
      favorite:
        description: Whether it is a favourite.
        type: bool
      visibility:
        description: Whether it is in the timeline or in the archive.
        type: str
        choices: [timeline, archive]
      date:
        description:
          - When it was taken, such as V(1987-08-01) or V(1987-08-01T15:00:00+02:00). Without an offset it is by the clock of
            O(set.time_zone), and without that in UTC.
          - Times are compared to the second. A photo with a position has the time zone of that place, whatever the offset is.
        type: str
      time_zone:
        description:
          - The time zone in which it was taken, an offset such as V(+02:00) or a name such as V(Europe/Rome). The moment stays, and the
            time that the clock showed changes. Immich keeps the offset, not the name.
          - A photo with a position is left alone, because Immich takes its time zone from there.
          - Names need Python 3.9 or later and a database of time zones where the module runs.
        type: str
      shift:
        description:
          - Moves the time at which it was taken, for a camera whose clock was wrong.
          - A time does not show that it was moved. So it is kept in a file which photos were, and a second run moves no photo again. A
            photo whose time somebody changed afterwards is left alone.
        type: dict
        suboptions:
          by:
            description: How far, such as V(-1h), V(+1d2h) or V(90s).
            type: str
            required: true
          record:
            description:
              - The file in which it is kept which photos were moved, on the host where the module runs. Keep it as long as the task is in
                the playbook, and use one for each shift.
            type: path
            required: true
      position:
        description:
          - Where it was taken. V(0) for both removes the position. One that the photo itself has, recent versions of Immich take again,
            and the photo fails.
        type: dict
        suboptions:
          latitude:
            description: Degrees, north positive.
            type: float
            required: true
          longitude:
            description: Degrees, east positive.
            type: float
            required: true
      add_tags:
        description: Tags that it gets, such as V(Trip/Rome). Those that are missing are made.
        type: list
        elements: str
        default: []
      remove_tags:
        description: Tags that it loses. A tag below one of these stays.
        type: list
        elements: str
        default: []
      add_to_albums:
        description: Albums that it is added to, by name or id. One that is missing is made.
        type: list
        elements: str
        default: []
      remove_from_albums:
        description: Albums that it is taken out of, by name or id. If several albums have a name, all of them are meant.
        type: list
        elements: str
        default: []
      folder_albums:
        description:
          - Adds it to an album that is named after the folder in which its original lies, such as a folder of an external library. An album
            that is missing is made. RV(folder_albums) has the names of all of them.
          - No photo is taken out of an album by this.
        type: dict
        suboptions:
          below:
            description:
              - The folders below which this is done, by paths as Immich sees them, such as V(/mnt/photos). What lies directly in one of
                them gets no album.
            type: list
            elements: str
            required: true
          levels:
            description:
              - How many folders of the path below O(set.folder_albums.below) count. With V(1), the first one gets an album in which
                everything below it is. With V(-1), each folder that has files gets an album of its own name. By default all of the path
                counts.
            type: int
          joiner:
            description: The text between the names of the folders.
            type: str
            default: " / "
          name:
            description: The album's name, in which C({folder}) stands for the names of the folders.
            type: str
            default: "{folder}"
  state:
    description:
      - V(present) changes what is selected as O(set) says.
      - V(trashed) puts it into the trash, if two lists of the server have it.
    type: str
    choices: [present, trashed]
    default: present
  via:
    description:
      - V(api) leaves it to Immich to write down what it is told. Where it may not write, as in an external library that is mounted
        read-only, it forgets description, rating, date, position and tags.
      - V(sidecar) is for such libraries, and runs where their files lie. Before Immich is told, the same is written into the sidecar of
        each photo, C(photo.jpg.xmp), where Immich reads it. C(photo.xmp) is taken if that is there and the other is not, and both if Immich
        does not read the one that was taken. A photo fails if another one has the same C(photo.xmp). The photo itself is never written to.
      - What a sidecar says besides stays as it is, whichever program wrote it. One that cannot be read as XMP is left as it is, and the
        photo fails. A new one has the owner and the mode of the photo.
      - A photo also fails if its original is missing below O(paths), has another size than Immich says, or is behind a link.
      - What was uploaded, and what does not go into a sidecar, as albums and favourites, is changed as with V(api).
    type: str
    choices: [api, sidecar]
    default: api
  paths:
    description:
      - Folders of external libraries as Immich sees them, such as V(/mnt/photos), each with the same folder on the host where the module
        runs, such as V(/volume1/photo). Of several that fit, the longest counts.
      - Required with O(via=sidecar).
    type: dict
  max_changes:
    description: Fail and change nothing if more photos than this would be changed.
    type: int
  wait_timeout:
    description:
      - How many seconds Immich has to write changes down in the background. After that there is a warning, and photos that got anything
        else than tags, too, fail without their tags.
    type: int
    default: 300
seealso:
  - module: photoyard.immich.immich_album
  - module: photoyard.immich.immich_tag
"""

EXAMPLES = r"""
- name: Move screenshots that are older than a year to the archive
  photoyard.immich.immich_asset:
    url: https://photos.example.com
    api_key: "{{ immich_api_key }}"
    select:
      names: ["Screenshot*", "Screen Shot*"]
      visibility: [timeline]
      taken_before: "{{ '%Y-%m-%d' | strftime(now().timestamp() - 365 * 86400) }}"
    set:
      visibility: archive

- name: Date the scans of an album, and say where they were taken
  photoyard.immich.immich_asset:
    url: https://photos.example.com
    api_key: "{{ immich_api_key }}"
    select:
      albums: [Summer 1987]
    set:
      date: "1987-08-01"
      position:
        latitude: 45.438
        longitude: 10.993

- name: Put the clock of a camera right that was an hour ahead
  photoyard.immich.immich_asset:
    url: https://photos.example.com
    api_key: "{{ immich_api_key }}"
    select:
      camera_models: [EOS R5]
      taken_after: "2026-07-01"
      taken_before: "2026-07-14"
    set:
      shift:
        by: -1h
        record: /var/lib/immich-tasks/eos-r5-july.json

- name: Make a favourite of everything with five stars
  photoyard.immich.immich_asset:
    url: https://photos.example.com
    api_key: "{{ immich_api_key }}"
    select:
      min_rating: 5
    set:
      favorite: true

- name: Make an album of each folder of an external library
  photoyard.immich.immich_asset:
    url: https://photos.example.com
    api_key: "{{ immich_api_key }}"
    select:
      folders: [/mnt/photos]
    set:
      folder_albums:
        below: [/mnt/photos]
        levels: 1

- name: Rate photos in a library that Immich may only read, on the host where its files lie
  photoyard.immich.immich_asset:
    url: https://photos.example.com
    api_key: "{{ immich_api_key }}"
    select:
      folders: [/mnt/photos/best]
    set:
      rating: 5
    via: sidecar
    paths:
      /mnt/photos: /volume1/photo

- name: Throw away what a scanner left, but not more than 50 files
  photoyard.immich.immich_asset:
    url: https://photos.example.com
    api_key: "{{ immich_api_key }}"
    select:
      names: ["blank_page_*.jpg"]
      not_in_album: true
    state: trashed
    max_changes: 50
"""

RETURN = r"""
selected:
  description: How many photos and videos were selected.
  returned: success, or failure after photos were looked at
  type: int
  sample: 812
counts:
  description: How many of them were changed (in check mode would be), failed, and how often something was left alone.
  returned: success, or failure after photos were looked at
  type: dict
  sample:
    changed: 14
    left_alone: 0
    failed: 0
assets:
  description: The photos that were changed, or in check mode would be. Only the first 100 are listed.
  returned: success, or failure after photos were looked at
  type: list
  elements: dict
  contains:
    id:
      description: The photo's id.
      type: str
    name:
      description: The name of its file.
      type: str
    changes:
      description:
        - What changes, each with C(before) and C(after), by the names of O(set). A date, a shift and a time zone are C(taken). Of tags and
          albums those that it gets or loses.
      type: dict
left_alone:
  description: The photos of which something was left as it is, each with C(id), C(name) and C(reason). Only the first 100 are listed.
  returned: success, or failure after photos were looked at
  type: list
  elements: dict
failures:
  description: The photos that are not as they were to be, each with C(id), C(name) and C(msg). Only the first 100 are listed.
  returned: success, or failure after photos were looked at
  type: list
  elements: dict
folder_albums:
  description: The names of the albums in which the selected photos are, or in check mode would be, by O(set.folder_albums).
  returned: success, or failure after photos were looked at
  type: list
  elements: str
  sample: [2024 / Rome, 2024 / Verona]
"""

from typing import Any, Mapping

from ansible_collections.photoyard.immich.plugins.module_utils import _module, _options
from ansible_collections.photoyard.immich.plugins.module_utils._assets.options import AssetOptions
from ansible_collections.photoyard.immich.plugins.module_utils._assets.run import handle_assets
from ansible_collections.photoyard.immich.plugins.module_utils._client import api
from ansible_collections.photoyard.immich.plugins.module_utils._run.run import TIME_FOR_A_CALL, Run

SPEC = _module.CONNECTION + _module.Spec(_options.argument_spec(AssetOptions), required_if=[("state", "present", ("set",))])


def run(client: api.Immich, params: Mapping[str, Any], check_mode: bool) -> _module.Result:
    """Changes assets, or in check mode predicts how."""
    options = _options.from_params(AssetOptions, params)
    with Run("changing of assets") as run:
        return run.do(lambda: handle_assets(client, options, run, check_mode=check_mode), TIME_FOR_A_CALL)


def main() -> None:
    """Runs the module."""
    _module.run(SPEC, run, api.Immich)


if __name__ == "__main__":
    main()
