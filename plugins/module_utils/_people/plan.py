# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which faces photos of a server lack, and who on that server the people are: no calls, so that check mode and a run come to the same."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Callable, Dict, List, NamedTuple, Optional, Sequence, Set, Tuple
from typing import Counter as CounterOf

from .._client.endpoints.people import FoundFace
from .._metadata.faces import Face, FaceBox, Person


class MissingFace(NamedTuple):
    """A face that a photo lacks. `person` is the id on the source, `stored_id` that of a face without a name that the server has there."""

    person: str
    box: FaceBox
    stored_id: Optional[str]


class IncompletePhoto(NamedTuple):
    """A photo with what it lacks. `asset_id` is None for one that a run would bring, `path` is what failures call it."""

    path: str
    asset_id: Optional[str]
    missing: Sequence[MissingFace]


class FacePlan:
    """Gathers what is missing, and then decides who is who. With `adds`, faces are marked where the server has found none."""

    def __init__(self, *, adds: bool) -> None:
        self.photos: List[IncompletePhoto] = []
        self.people: Dict[str, Person] = {}
        """Those of the source, by their ids there."""
        self.known: Dict[str, List[Person]] = {}
        """The people of the server who were found by their names."""
        self._adds = adds
        self._shown_as: Dict[str, CounterOf[str]] = {}

    def compare(self, faces: Sequence[Face], present: Sequence[FoundFace]) -> List[MissingFace]:
        """Which of the faces of a photo are missing among those `present` on the server. One with a name there, whatever it is, is not."""
        left, missing = list(present), []
        for face in faces:
            self.people.setdefault(face.person.id, face.person)
            same = [stored_face for stored_face in left if face.box.is_at(stored_face.box, stored_face.shown)]
            if not same:
                missing += [MissingFace(face.person.id, face.box, None)] * self._adds
                continue
            closest = max(same, key=partial(_fitness, face))
            left.remove(closest)
            if not closest.has_name:
                missing.append(MissingFace(face.person.id, face.box, closest.id))
            elif closest.person is not None:
                self._shown_as.setdefault(face.person.id, Counter())[closest.person.id] += 1
        return missing

    def identify(self, find: Callable[[str], List[Person]]) -> Dict[str, Optional[str]]:
        """The id on the server of each person of whom a face is missing, None for one who has to be made.

        Who is shown on the server where the person is, is the person, also under another name by now: whoever that is in most photos. Else
        it is one of the same name who is nobody else, with no other date of birth: of several the one who is most alike. `find` gives those
        of a name.
        """
        ids: Dict[str, Optional[str]] = {
            person: max(counts, key=lambda shown: (counts[shown], shown)) for person, counts in self._shown_as.items()
        }
        taken: Set[Optional[str]] = set(ids.values())
        wanted = {missing.person for photo in self.photos for missing in photo.missing}
        for person in sorted((self.people[person_id] for person_id in wanted if person_id not in ids), key=_order):
            if person.name not in self.known:
                self.known[person.name] = find(person.name)
            alike = [other for other in self.known[person.name] if other.id not in taken and _may_be(person, other)]
            best = max(alike, key=lambda other: (_likeness(person, other), other.id), default=None)
            ids[person.id] = None if best is None else best.id
            taken.update([best.id] if best is not None else [])
        return {person: ids[person] for person in wanted}


def _fitness(face: Face, stored: FoundFace) -> Tuple[bool, bool, float, str]:
    """The larger, the rather it is the same face: one with a name, with the same name, at the same place."""
    has_same_name = stored.person is not None and stored.person.name == face.person.name
    return stored.has_name, has_same_name, stored.box.overlap(face.box), stored.id


def _order(person: Person) -> Tuple[str, bool, str, str]:
    """Those with a date of birth come first: it tells them from others of their name."""
    return person.name, person.birth_date is None, person.birth_date or "", person.id


def _may_be(person: Person, other: Person) -> bool:
    return person.birth_date is None or other.birth_date is None or person.birth_date == other.birth_date


def _likeness(person: Person, other: Person) -> int:
    same = (person.hidden == other.hidden, person.favorite == other.favorite, person.color == other.color)
    return 10 * (person.birth_date == other.birth_date) + sum(same)
