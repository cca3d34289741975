# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Gives the photos of a server the people who are in them. In check mode all is counted, and nothing is written.

A face is marked in the picture that Immich looks for faces in, before it does: then its detection joins it, and what was learned of a
person is regained from the names. Where it has looked already, what it found is given its name.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import Callable, Deque, Dict, List, Optional, Sequence, Set
from typing import Counter as CounterOf

from .. import _text
from .._client import api, errors, waits
from .._client.endpoints.people import PersonCalls
from .._metadata.faces import Face, FaceBox, Size
from .._run.consecutive_failures import ConsecutiveFailures
from . import plan

Check = Callable[[], None]

_LOOK_EVERY = 2.0  # seconds between two looks for previews
_MOST_LOOKS = 60  # in a row in which no further photo has its preview
_MOST_TRIES = 20  # photos without a preview at one look: Immich makes them in about the order in which the photos came

_NO_PREVIEW = (
    "%d photos do not have all faces yet, because Immich has not made their previews. Run this again once its background jobs are done."
)
_EDITED = "The faces of %d photos were left as they are, because Immich shows these photos with edits."
_WITHOUT = "It does not have all its faces"


def scopes_to_write(*, adds: bool) -> Dict[str, str]:
    """The scopes that a `FaceWriter` needs, each with what it is for."""
    scopes = {
        "asset.read": "see which photos are edited",
        "face.read": "see which faces are there",
        "face.update": "give faces to people",
        "person.read": "find people",
        "person.create": "make people",
        "person.update": "choose their pictures",
    }
    scopes.update({"face.create": "mark faces", "asset.view": "see in which size Immich looks for faces"} if adds else {})
    return scopes


class FaceWriter:
    """Marks faces, and makes the people that are missing. With `predicting` (check mode) nothing is written.

    Without `adds` only faces that the server has found by itself get their names. `resume_previews` lets the jobs run that make
    previews of new photos. `warn` gets sentences, `fail` what a photo is called and what went wrong; `note_activity` is called for each
    photo.
    """

    def __init__(
        self,
        client: api.Immich,
        warn: Callable[[str], None],
        fail: Callable[[str, errors.ImmichError], None],
        note_activity: Callable[[], None],
        resume_previews: Callable[[Check], None],
        *,
        adds: bool,
        predicting: bool,
    ) -> None:
        self._client = client
        self._calls = PersonCalls(client)
        self._warn = warn
        self._fail = fail
        self._note_activity = note_activity
        self._resume_previews = resume_previews
        self._adds = adds
        self._predicting = predicting
        self._plan = plan.FacePlan(adds=adds)
        self._failures = ConsecutiveFailures(client, 1, "marking of faces")
        self._ids: Dict[str, Optional[str]] = {}  # on the server, by those on the source
        self._created: Set[str] = set()
        self._marked: CounterOf[str] = Counter()
        self._named: CounterOf[str] = Counter()
        self._edited = 0
        self.incomplete: Set[str] = set()
        """What failures call those photos that may not show all of their people, so that somebody still needs to know who they are."""

    def note(self, path: str, asset_id: Optional[str], faces: Sequence[Face]) -> None:
        """Looks what a photo lacks; each only once. `asset_id` is None for one that a run would bring, `path` is what failures call it."""
        self._note_activity()
        self.incomplete.add(path)
        try:
            present = [] if asset_id is None else self._calls.faces(asset_id)
            missing = self._plan.compare(faces, present)
            asset = self._client.assets.get(asset_id) if missing and asset_id is not None else None
        except errors.ImmichError as exc:
            self._note_failure(path, exc)
            return
        self._failures.reset()
        if asset is not None and asset.edited:  # boxes would be meant in the edited picture
            self._edited += 1
        elif missing:
            self._plan.photos.append(plan.IncompletePhoto(path, asset_id, faces, missing))
        elif present or self._adds or not faces:  # else Immich may not have looked for faces yet, and gives none a name before
            self.incomplete.discard(path)

    def write(self, check_cancelled: Check) -> None:
        """To be called when every photo was noted. `check_cancelled` raises once the run stops. Raises what would stop all calls."""
        try:
            self._write(check_cancelled)
        except errors.ImmichError as exc:
            if exc.fatal:
                raise
            self._fail("people", exc.during("Not all faces were marked"))
        if self._edited:
            self._warn(_EDITED % self._edited)

    def _write(self, check_cancelled: Check) -> None:
        self._ids = self._plan.identify(self._calls.named)
        waiting: Deque[plan.IncompletePhoto] = deque()
        for photo in self._plan.photos:
            check_cancelled()
            if not self._try_to_complete(photo):
                waiting.append(photo)
        if waiting:
            self._resume_previews(check_cancelled)
            self._wait_for_previews(waiting, check_cancelled)
        if waiting:
            self._warn(_NO_PREVIEW % len(waiting))

    def result(self) -> Dict[str, int]:
        """How many people were made, how many faces marked, and how many of those that were there given to a person."""
        return {"created": len(self._created), "faces_added": sum(self._marked.values()), "faces_named": sum(self._named.values())}

    @property
    def changed(self) -> bool:
        """Whether anything was done, or would be."""
        return any(self.result().values())

    def lines(self) -> List[str]:
        """What changes, a line for each person."""
        people = sorted({*self._created, *self._marked, *self._named}, key=lambda person: (self._plan.people[person].name, person))
        return [
            "person %s: %d faces%s"
            % (
                _text.printable(self._plan.people[person].name),
                self._faces_of(person),
                " (new)" if person in self._created else "",
            )
            for person in people
        ]

    def _faces_of(self, person: str) -> int:
        return self._marked[person] + self._named[person]

    def _wait_for_previews(self, waiting: Deque[plan.IncompletePhoto], check_cancelled: Check) -> None:
        """Completes those that get their previews, and leaves the others in `waiting`."""
        looks = 0
        while waiting and looks < _MOST_LOOKS:
            waits.sleep(_LOOK_EVERY)
            check_cancelled()
            self._note_activity()
            before, tries = len(waiting), 0
            for _number in range(before):
                photo = waiting.popleft()
                if not self._try_to_complete(photo):
                    waiting.append(photo)
                    tries += 1
                if tries == _MOST_TRIES:
                    break
            looks = 0 if len(waiting) < before else looks + 1

    def _try_to_complete(self, photo: plan.IncompletePhoto) -> bool:
        """Whether nothing is left to do for a photo: false while its preview is missing. A failure is noted."""
        self._note_activity()
        try:
            preview = None
            if not self._predicting and any(missing.stored_id is None for missing in photo.missing):
                preview = self._calls.preview_size(str(photo.asset_id))
                if preview is None:
                    return False
                # Others that Immich has found since, or read from the file, would be on the same spot.
                photo = self._plan.compare_again(photo, self._calls.faces(str(photo.asset_id)))
            for missing in photo.missing:
                self._complete(photo, missing, preview)
        except errors.ImmichError as exc:
            self._note_failure(photo.path, exc)
        else:
            self._failures.reset()
            self.incomplete.discard(photo.path)
        return True

    def _complete(self, photo: plan.IncompletePhoto, missing: plan.MissingFace, preview: Optional[Size]) -> None:
        if self._predicting:
            self._created.update([missing.person] if self._ids[missing.person] is None else [])
        else:
            asset_id, person_id = str(photo.asset_id), self._ids[missing.person] or self._create(missing.person)
            if missing.stored_id is not None:
                self._calls.assign(missing.stored_id, person_id)
            elif preview is not None:
                self._add(asset_id, person_id, missing.box, preview)
            if missing.person in self._created and not self._faces_of(missing.person):
                self._calls.set_feature_photo(person_id, asset_id)
        (self._marked if missing.stored_id is None else self._named)[missing.person] += 1

    def _create(self, source_id: str) -> str:
        person = self._plan.people[source_id]
        known = {other.id for other in self._plan.known.get(person.name, ())} | {person_id for person_id in self._ids.values() if person_id}
        try:
            made = self._calls.create(person)
        except errors.ImmichError as exc:
            if not (exc.transient and exc.maybe_done):
                raise
            # The answer was lost, perhaps not the request: without a look there might be two.
            lost = [other.id for other in self._calls.named(person.name) if other.id not in known]
            made = lost[0] if lost else self._calls.create(person)
        self._ids[source_id] = made
        self._created.add(source_id)
        return made

    def _add(self, asset_id: str, person_id: str, box: FaceBox, preview: Size) -> None:
        try:
            self._calls.add_face(asset_id, person_id, box, preview)
        except errors.ImmichError as exc:
            if not (exc.transient and exc.maybe_done):
                raise
            marked = [face for face in self._calls.faces(asset_id) if face.person is not None and face.person.id == person_id]
            if not any(box.is_at(face.box, face.shown) for face in marked):  # as for a person
                self._calls.add_face(asset_id, person_id, box, preview)

    def _note_failure(self, path: str, exc: errors.ImmichError) -> None:
        if exc.fatal:
            raise exc
        self._fail(path, exc.during(_WITHOUT))
        self._failures.add(exc)
