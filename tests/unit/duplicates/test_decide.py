# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which photo of a group stays, and what it takes over: a table, and what is true of any group."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.photoyard.immich.plugins.module_utils._client.endpoints.duplicates import InAlbum
from ansible_collections.photoyard.immich.plugins.module_utils._duplicates.decide import decide, policy_of
from ansible_collections.photoyard.immich.plugins.module_utils._duplicates.model import (
    MERGES,
    DuplicateGroup,
    DuplicateOptions,
    ReviewedDecision,
    identity_of,
)
from ansible_collections.photoyard.immich.plugins.module_utils._duplicates.rules import KEEP_RULES
from support.collection import Asset, InvalidRequest, Metadata
from support.examples import examples

OWNER = str(uuid.UUID(int=99))


def id_of(letter: str) -> str:
    """The id of a photo that a test calls by a letter."""
    return str(uuid.UUID(int=ord(letter)))


METADATA = {"favorite": False, "rating": None, "description": "", "position": None, "visibility": "timeline"}


def member(letter: str, **about: Any) -> Asset:
    """A photo; but for its id it is like every other one."""
    known: dict[str, Any] = {
        "id": id_of(letter),
        "owner": OWNER,
        "sha1": "00" * 20,
        "name": f"{letter}.jpg",
        "path": f"/data/{letter}.jpg",
        "kind": "image",
        "size": 100,
        "width": 4,
        "height": 3,
        **dict.fromkeys(("taken", "shown", "local", "modified"), 1e9),
        "changed": "",
        "own_time": True,
        **dict.fromkeys(("trashed", "missing", "edited"), False),
        **dict.fromkeys(("library_id", "live_video", "stack_id"), None),
        "metadata_read": True,
        "has_thumbnail": True,
        "exif_fields": 5,
        "duplicate_id": "g",
        "tags": {},
        "people": {},
    }
    metadata = Metadata(**{name: about.pop(name, value) for name, value in METADATA.items()})
    return Asset(**{**known, **about, "metadata": metadata})


def group(*members: Asset, albums: dict[str, list[InAlbum]] | None = None, links: dict[str, set[str]] | None = None) -> DuplicateGroup:
    """A group of these."""
    return DuplicateGroup("g", members, {id_of(letter): found for letter, found in (albums or {}).items()}, links or {})


ROME = InAlbum(str(uuid.UUID(int=500)), "Rome", "owner")
KEEP: list[tuple[list[Any], dict[str, Any], dict[str, Any], str, str]] = [
    (["suggested"], {}, {"size": 101}, "b", "suggested"),
    (["suggested"], {"exif_fields": 6}, {}, "a", "suggested"),
    (["suggested"], {}, {"local": 1e9 + 1}, "b", "suggested"),
    (["suggested"], {}, {}, "a", "lowest_id"),
    (["smallest"], {"size": 99}, {}, "a", "smallest"),
    (["smallest"], {"size": None}, {}, "b", "smallest"),
    (["favorite", "largest"], {"size": 101}, {"favorite": True}, "b", "favorite"),
    (["favorite", "largest"], {"size": 101}, {}, "a", "largest"),
    (["most_pixels"], {}, {"width": 5}, "b", "most_pixels"),
    (["earliest"], {"taken": 0.0}, {}, "b", "earliest"),
    (["earliest"], {"taken": 1e9 - 1}, {}, "a", "earliest"),
    (["latest"], {"taken": None}, {}, "b", "latest"),
    (["rated"], {"rating": -1}, {"rating": 1}, "b", "rated"),
    (["rated"], {"rating": -1}, {}, "a", "lowest_id"),
    (["has_people"], {}, {"people": {"p": ""}}, "b", "has_people"),
    (["live_photo"], {}, {"live_video": "v"}, "b", "live_photo"),
    (["most_exif"], {}, {"exif_fields": 6}, "b", "most_exif"),
    ([{"format": ["HEIC", "jpeg"]}], {}, {"name": "b.HIF"}, "b", "format"),
    ([{"format": ["raw"]}], {}, {"name": "b.DNG"}, "b", "format"),
    ([{"path": ["/mnt/*"]}], {}, {"path": "/mnt/b.jpg"}, "b", "path"),
    ([{"path": "/data/a*"}], {}, {}, "a", "path"),
    ([{"library": ["upload"]}], {"library_id": "L"}, {}, "b", "library"),
    ([{"library": ["external"]}], {}, {"library_id": "L"}, "b", "library"),
    ([{"library": ["L"]}], {"library_id": "M"}, {"library_id": "L"}, "b", "library"),
    (["protected"], {}, {"edited": True}, "b", "protected"),
    (["in_album"], {}, {}, "b", "in_album"),
    ([{"in_album": ["Oslo"]}, "largest"], {"size": 101}, {}, "a", "largest"),
]


@pytest.mark.parametrize(("keep", "first", "second", "stays", "rule"), KEEP)
def test_keep_rule_decides_which_photo_stays(keep: list[Any], first: dict[str, Any], second: dict[str, Any], stays: str, rule: str) -> None:
    found = group(member("a", **first), member("b", **second), albums={"b": [ROME]})
    decision = decide(found, policy_of(DuplicateOptions(keep=keep, protect=["edited"])))
    assert (decision.keepers, decision.rule) == ((id_of(stays),), rule)


PROTECT: list[tuple[list[Any], dict[str, Any]]] = [
    (["external"], {"library_id": "L"}),
    (["favorite"], {"favorite": True}),
    (["people"], {"people": {"p": ""}}),
    (["live_photo"], {"live_video": "v"}),
    (["edited"], {"edited": True}),
    (["in_album"], {}),
    ([{"in_album": ["Oslo", "Rome"]}], {}),
    ([{"path": "/data/b*"}], {}),
    ([{"path": ["/mnt/*"]}], {"path": "/mnt/b.jpg"}),
]


@pytest.mark.parametrize(("protect", "about"), PROTECT)
def test_protected_photo_is_never_among_losers(protect: list[Any], about: dict[str, Any]) -> None:
    found = group(member("a", size=101), member("b", **about), albums={"b": [ROME]})
    losers = [
        decide(found, policy_of(DuplicateOptions(keep=["largest"], protect=names, on_protected="keep_both"))).losers
        for names in ([], protect)
    ]
    assert losers == [(id_of("b"),), ()]


@pytest.mark.parametrize("entry", ["age", "path", {"path": []}, {"favorite": ["a"]}, {"path": ["a"], "in_album": ["b"]}, 7])
def test_unknown_protection_is_refused(entry: Any) -> None:
    with pytest.raises(InvalidRequest) as refused:
        policy_of(DuplicateOptions(protect=[entry]))
    assert refused.value.options == ("protect",)


REQUIRE: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    ({"same_type": True}, {"kind": "video"}, False),
    ({"same_format": True}, {"name": "b.jpeg"}, True),
    ({"same_format": True}, {"name": "b.nef"}, False),
    ({"formats": ["JPEG"]}, {"name": "b.png"}, False),
    ({"formats": ["jpeg", "png"]}, {"name": "b.png"}, True),
    ({"same_name_stem": True}, {"name": "A.HEIC"}, True),
    ({"same_name_stem": True}, {}, False),
    ({"same_pixels": True}, {"width": 3, "height": 4}, False),
    ({"max_time_difference": 1.0}, {"taken": 1e9 + 1}, True),
    ({"max_time_difference": 1.0}, {"taken": 1e9 + 1.1}, False),
    ({"max_time_difference": 1.0}, {"taken": None}, False),
    ({"max_members": 1}, {}, False),
]


@pytest.mark.parametrize(("require", "second", "met"), REQUIRE)
def test_decide_skips_group_unless_required_is_equal(require: dict[str, Any], second: dict[str, Any], met: bool) -> None:
    decision = decide(group(member("a"), member("b", **second)), policy_of(DuplicateOptions(action="trash", require=require)))
    assert decision.action == ("trash" if met else "skip")
    assert bool(decision.reason) is not met


MERGE: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any], list[str]]] = [
    ({"rating": -1}, {"rating": 3}, {"rating": 3}, []),
    ({"rating": 4}, {"rating": 3}, {}, []),
    ({}, {"rating": -1}, {}, []),
    ({"description": "a\n\n b"}, {}, {}, []),
    ({"description": "a\n\n b"}, {"description": "b\n \nc"}, {"description": "a\n\n b\n\nc"}, []),
    ({"description": "  "}, {"description": "c"}, {"description": "c"}, []),
    ({"description": "a\r\nb"}, {"description": "a\r\nb"}, {}, []),
    ({"description": "a\r\nb"}, {"description": "a\nb\r\n\r\nc"}, {"description": "a\r\nb\n\nc"}, []),
    ({"description": "x" * 99_999}, {"description": "yy"}, {}, ["a description, since both together are too long"]),
    ({}, {"favorite": True}, {"isFavorite": True}, []),
    ({}, {"position": (1.0, 2.0)}, {"latitude": 1.0, "longitude": 2.0}, []),
    ({"position": (3.0, 4.0)}, {"position": (1.0, 2.0)}, {}, []),
    ({"visibility": "archive"}, {}, {"visibility": "timeline"}, []),
    ({}, {"visibility": "archive"}, {}, []),
    ({}, {"people": {"p": "Ada", "q": ""}}, {}, ["faces of Ada, somebody without a name"]),
    ({"live_video": "v"}, {"live_video": "w"}, {}, ["the video of a live photo"]),
    ({"live_video": "v"}, {"live_video": "v"}, {}, []),
    ({"kind": "video"}, {"live_video": "w", "kind": "image"}, {}, ["the video of a live photo"]),
]


@pytest.mark.parametrize(("keeper", "loser", "fields", "lost"), MERGE)
def test_decide_merges_fields_and_lists_lost(
    keeper: dict[str, Any], loser: dict[str, Any], fields: dict[str, Any], lost: list[str]
) -> None:
    found = group(member("a", size=101, **keeper), member("b", **loser))
    decision = decide(found, policy_of(DuplicateOptions(merge=MERGES)))
    assert (dict(decision.merge.fields), list(decision.merge.lost)) == (fields, lost)
    nothing = decide(found, policy_of(DuplicateOptions(merge=[])))
    assert (nothing.merge.fields, nothing.merge.differences) == ({}, {})
    assert len(nothing.merge.lost) == len(lost) + (not lost and bool(fields))


def test_several_locations_are_not_guessed() -> None:
    losers = (member("b", position=(1.0, 2.0)), member("c", position=(1.0, 2.1)))
    merge = decide(group(member("a", size=101), *losers), policy_of(DuplicateOptions(merge=MERGES))).merge
    assert (merge.fields, merge.lost) == ({}, ("the location, of which there are several",))


members = st.builds(
    member,
    st.sampled_from("abcdef"),
    size=st.none() | st.integers(0, 3),
    exif_fields=st.integers(0, 2),
    taken=st.none() | st.sampled_from([0.0, 1e9, 1e9 + 1]),
    favorite=st.booleans(),
    rating=st.none() | st.integers(-1, 2),
    description=st.sampled_from(["", "a", "a\n\nb", "\n"]),
    library_id=st.none() | st.just("L"),
    live_video=st.none() | st.sampled_from(["v", "w"]),
    visibility=st.sampled_from(["timeline", "archive"]),
    name=st.sampled_from(["a.jpg", "a.dng", "b.heic", "noext"]),
)
groups = st.lists(members, min_size=2, max_size=5, unique_by=lambda one: one.id).map(lambda found: group(*found))
simple_rules = [name for name in KEEP_RULES if name not in ("path", "library", "format")]
options = st.builds(
    DuplicateOptions,
    action=st.sampled_from(["trash", "stack", "dismiss", "none"]),
    keep=st.lists(st.sampled_from(simple_rules), max_size=4),
    protect=st.lists(st.sampled_from(["external", "favorite", "live_photo"]), max_size=2),
    on_protected=st.sampled_from(["skip", "keep_both"]),
    merge=st.lists(st.sampled_from(MERGES), unique=True),
)


@settings(max_examples=examples(150), deadline=None)
@given(groups, options, st.randoms(use_true_random=False))
def test_decide_keeps_member_whatever_the_order(found: DuplicateGroup, chosen: DuplicateOptions, random: Any) -> None:
    policy = policy_of(chosen)
    decision = decide(found, policy)
    ids = {one.id for one in found.members}
    assert decision.keepers
    assert set(decision.keepers) | set(decision.losers) == ids
    assert not set(decision.keepers) & set(decision.losers)
    assert not decision.losers or decision.action == "trash"
    protected = {one.id for one in found.members if one.library_id} if "external" in chosen.protect else set()
    assert not protected & set(decision.losers)
    shuffled = list(found.members)
    random.shuffle(shuffled)
    again = decide(found._replace(members=tuple(shuffled)), policy)
    assert (again.action, set(again.keepers), again.keepers[:1], again.rule) == (
        decision.action,
        set(decision.keepers),
        again.keepers[:1] if decision.action in ("skip", "dismiss") else decision.keepers[:1],
        decision.rule,
    )
    if decision.losers:
        keeper = next(one for one in found.members if one.id == decision.keepers[0])
        kept = dict(decision.merge.differences)
        text = keeper.metadata.description
        assert text in kept.get("description", {"after": text})["after"] or not text.strip()


@settings(max_examples=examples(60), deadline=None)
@given(groups, st.data())
def test_decide_follows_review_over_rules(found: DuplicateGroup, data: st.DataObject) -> None:
    ids = sorted(one.id for one in found.members)
    keep = tuple(data.draw(st.lists(st.sampled_from(ids), min_size=1, max_size=len(ids) - 1, unique=True)))
    reviewed = {identity_of(ids): ReviewedDecision(keep, "trash")}
    decision = decide(found, policy_of(DuplicateOptions(action="trash", protect=[], require={"max_members": 1}), reviewed=reviewed))
    assert (decision.keepers, set(decision.losers), decision.rule) == (keep, set(ids) - set(keep), "reviewed")


class CountedReviews(dict[tuple[str, ...], ReviewedDecision]):
    """Counts how often all of it is gone through."""

    passes = 0

    def __iter__(self) -> Iterator[tuple[str, ...]]:
        self.passes += 1
        return super().__iter__()


def test_reviewed_groups_are_gone_through_once() -> None:
    reviewed = CountedReviews({identity_of([id_of("x"), id_of("y")]): ReviewedDecision((id_of("x"),), "trash")})
    policy = policy_of(DuplicateOptions(action="trash"), reviewed=reviewed)
    assert {decide(group(member(letter), member("x")), policy).action for letter in "abcdefg"} == {"skip"}
    assert reviewed.passes == 1
