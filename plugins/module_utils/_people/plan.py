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
    """A photo, all faces that it is to have, and those that it lacks.

    `asset_id` is None for one that a run would bring, `path` is what failures call it.
    """

    path: str
    asset_id: Optional[str]
    faces: Sequence[Face]
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

    def compare_again(self, photo: IncompletePhoto, present: Sequence[FoundFace]) -> IncompletePhoto:
        """The photo with what is missing among the faces that are `present` by now."""
        return photo._replace(missing=self.compare(photo.faces, present))

    def identify(self, find: Callable[[str], List[Person]]) -> Dict[str, Optional[str]]:
        """The id on the server of each person of whom a face is missing, None for one who has to be made.

        Who is shown on the server where the person is, is the person, also under another name by now: whoever that is in most photos. Else
        it is one of the same name who is nobody else, with no other date of birth. Of several, and for several people of one name, those
        belong together who are most alike: one whom a run made that was killed before the first face is not taken for a namesake. `find`
        gives those of a name.
        """
        ids: Dict[str, Optional[str]] = {
            person: max(counts, key=lambda shown: (counts[shown], shown)) for person, counts in self._shown_as.items()
        }
        taken: Set[Optional[str]] = set(ids.values())
        wanted = {missing.person for photo in self.photos for missing in photo.missing}
        pairs: List[Tuple[Person, Person]] = []
        for person in (self.people[person_id] for person_id in wanted if person_id not in ids):
            if person.name not in self.known:
                self.known[person.name] = find(person.name)
            pairs += [(person, other) for other in self.known[person.name] if _may_be(person, other)]
        for person, other in sorted(pairs, key=_preference):
            if person.id not in ids and other.id not in taken:
                ids[person.id] = other.id
                taken.add(other.id)
        return {person: ids.get(person) for person in wanted}


def _fitness(face: Face, stored: FoundFace) -> Tuple[bool, bool, float, str]:
    """The larger, the rather it is the same face: one with a name, with the same name, at the same place."""
    has_same_name = stored.person is not None and stored.person.name == face.person.name
    return stored.has_name, has_same_name, stored.box.overlap(face.box), stored.id


def _preference(pair: Tuple[Person, Person]) -> Tuple[int, str, str]:
    """The smaller, the rather the two are the same person."""
    person, other = pair
    return -_likeness(person, other), person.id, other.id


def _may_be(person: Person, other: Person) -> bool:
    return person.birth_date is None or other.birth_date is None or person.birth_date == other.birth_date


def _likeness(person: Person, other: Person) -> int:
    same = (person.hidden == other.hidden, person.favorite == other.favorite, person.color == other.color)
    return 10 * (person.birth_date == other.birth_date) + sum(same)
