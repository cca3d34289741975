# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options for which photos and videos of a library are meant."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of the options whose argument spec is that of `Filters`."""

    DOCUMENTATION = r"""
options:
  albums:
    description:
      - Copy only what is in these albums, given by name or id. If several albums have a name, all of them are meant.
      - Albums that belong to other users do not count.
    type: list
    elements: str
    default: []
  not_in_album:
    description:
      - Copy only what is in no album, be it the user's or one of others. It cannot be set together with O(albums).
    type: bool
    default: false
  tags:
    description:
      - Copy only what has one of these tags, such as V(Trip/Rome), or a tag below it.
    type: list
    elements: str
    default: []
  people:
    description:
      - Copy only what shows one of these people, by their names in Immich.
    type: list
    elements: str
    default: []
  favorite:
    description:
      - Copy only favourites (V(true)), or only what is not a favourite (V(false)).
    type: bool
  visibility:
    description:
      - Copy what is in these places. The videos of live photos always belong to their photos.
      - What is in the locked folder is never copied, because no API key reaches it.
    type: list
    elements: str
    choices: [timeline, archive, hidden]
    default: [timeline, archive]
  types:
    description:
      - Copy only these types. The video of a live photo belongs to the photo.
    type: list
    elements: str
    choices: [image, video]
    default: [image, video]
  extensions:
    description:
      - Copy only files whose names have one of these extensions, such as V(jpg). Case and a dot in front do not matter. The video of a live
        photo belongs to the photo.
    type: list
    elements: str
    default: []
  exclude_extensions:
    description:
      - Leave out files whose names have one of these extensions. They are written as in O(extensions).
    type: list
    elements: str
    default: []
  camera_makes:
    description:
      - Copy only what was taken with a camera of one of these makers, such as V(Canon).
      - This and the four options that follow are compared with what Immich shows of a photo, as a whole and in the same case.
    type: list
    elements: str
    default: []
  camera_models:
    description:
      - Copy only what was taken with one of these models, such as V(EOS R5).
    type: list
    elements: str
    default: []
  countries:
    description:
      - Copy only what was taken in one of these countries.
    type: list
    elements: str
    default: []
  states:
    description:
      - Copy only what was taken in one of these states or provinces.
    type: list
    elements: str
    default: []
  cities:
    description:
      - Copy only what was taken in one of these cities.
    type: list
    elements: str
    default: []
  taken_after:
    description:
      - Copy only what was taken at this time or later. It is a date such as V(2024-07-01) or a moment such as
        V(2024-07-01T18:00:00+02:00). Without an offset it is UTC.
    type: str
  taken_before:
    description:
      - Copy only what was taken at this time or earlier. It is like O(taken_after). A date includes the whole day.
    type: str
  min_rating:
    description:
      - Copy only what has this many stars or more, from 1 to 5.
    type: int
    choices: [1, 2, 3, 4, 5]
  partners:
    description:
      - Whether to copy also what partners share with the user, if it is shown in the user's timeline. The key needs the scope
        C(partner.read) then.
    type: bool
    default: false
"""
