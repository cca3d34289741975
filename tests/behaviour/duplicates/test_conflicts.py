# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What others do while a run works, and runs that end in the middle: no group is ever without a photo in view."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from support.collection import errors
from support.photos.libraries import fill

from .conftest import Duplicates, Hook, once
from .test_run import large


def gone(duplicates: Duplicates, how: str, group_id: str = "", name: str = "b.jpg") -> Hook:
    """A hook that does to a photo what another client could."""
    asset_id = duplicates.ids[name]

    def work() -> None:
        if how == "trashed":
            duplicates.ask("DELETE", "/assets", json={"ids": [asset_id]})
        elif how == "locked":
            duplicates.ask("PUT", f"/assets/{asset_id}", json={"visibility": "locked"})
        elif how == "stacked":
            duplicates.stack(name, "other.jpg")
        elif how == "dismissed":
            duplicates.mark(None, "a.jpg", "b.jpg")
        else:
            duplicates.mark(group_id, "other.jpg")

    return once(work, after=1)


@pytest.mark.parametrize("how", ["trashed", "locked", "stacked", "dismissed", "joined"])
def test_changed_group_is_left_alone(newest: Duplicates, how: str) -> None:
    newest.upload("other.jpg")
    group_id = newest.group("a.jpg", "b.jpg", content=large)
    newest.change("a.jpg", isFavorite=True)
    done = newest.run(at={"between": gone(newest, how, group_id)})
    assert newest.has("a.jpg")["isTrashed"] is False
    assert (done["counts"]["conflicts"], done["counts"]["trashed"], done["changed"]) == (1, 0, False)
    assert len(done["warnings"]) == 2  # detection is off as well


@pytest.mark.parametrize("how", ["trashed", "locked"])
@pytest.mark.parametrize("moment", ["describe", "trash"])
def test_lost_keeper_leaves_others_out_of_trash(newest: Duplicates, how: str, moment: str) -> None:
    """After it was read: while it takes over, or when the others are in the trash already."""
    group_id = newest.group("a.jpg", "b.jpg", "A.jpg", content=large)
    newest.change("a.jpg", isFavorite=True)
    work = gone(newest, how)
    work()
    done = newest.run(at={moment: work})
    assert newest.in_view() == ["A.jpg", "a.jpg"]
    assert done["counts"]["trashed"] == 0
    assert done["counts"]["restored" if moment == "trash" else "conflicts"] == 1
    assert newest.has("a.jpg")["duplicate"] == group_id  # the group comes back


def test_restore_can_be_left_to_a_person(newest: Duplicates) -> None:
    newest.group("a.jpg", "b.jpg", content=large)
    work = gone(newest, "trashed")
    work()
    with pytest.raises(errors.RunFailed, match=f"{newest.ids['a.jpg']}.* Restore them there"):
        newest.run(restore_on_conflict=False, at={"trash": work})


def test_two_opposite_runs_at_once(newest: Duplicates) -> None:
    for first, second in ("ab", "cd", "ef", "gh"):
        newest.group(f"{first}.jpg", f"{second}.jpg", content=large)
    barrier = threading.Barrier(2, timeout=180)
    results: list[Any] = []

    def wait() -> None:
        barrier.wait()

    def run(rule: str) -> None:
        results.append(newest.run(keep=[rule], at={"before trash": once(wait), "trash": once(wait)}))

    threads = [threading.Thread(target=run, args=(rule,)) for rule in ("largest", "smallest")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 2
    view = newest.in_view()
    for first, second in ("ab", "cd", "ef", "gh"):
        assert f"{first}.jpg" in view or f"{second}.jpg" in view
    assert sum(result["counts"]["restored"] for result in results) >= 1  # both have trashed one of the first group before either looks


STEPS = [
    ("PUT", "/albums/.*/assets"),
    ("PUT", "/tags/assets"),
    ("PATCH", "/assets/[^/]*$"),
    ("PUT", "/assets/copy"),
    ("DELETE", "/assets"),
    ("PATCH", "/assets$"),
]


@pytest.mark.parametrize(("method", "path"), STEPS, ids=[f"{method}{path}" for method, path in STEPS])
@pytest.mark.parametrize("carried_out", [False, True])
def test_duplicates_interrupted_at_any_step_are_resumed(newest: Duplicates, method: str, path: str, carried_out: bool) -> None:
    """Of three, and with all that can be taken over. The next run does the rest."""
    newest.group("a.jpg", "b.jpg", "z.jpg", content=large)
    newest.album("Rome", "a.jpg")
    newest.tag("Trip", "b.jpg")
    newest.link("a.jpg")
    newest.change("a.jpg", isFavorite=True)
    trouble: dict[str, Any] = {"cut": "response"} if carried_out else {"status": 500}
    newest.server.fault(method, path, times=2, **trouble)
    with pytest.raises(errors.RunFailed):
        newest.run()
    assert "z.jpg" in newest.in_view()
    newest.server.clear_faults()
    newest.run()
    keeper = newest.has("z.jpg")
    assert newest.in_view() == ["z.jpg"]
    assert (keeper["albums"], keeper["tags"], keeper["isFavorite"], keeper["duplicate"]) == (["Rome"], ["Trip"], True, None)
    assert newest.run()["changed"] is False


def test_duplicates_stopped_between_groups_keep_result(newest: Duplicates) -> None:
    for first, second in ("ab", "cd", "ef"):
        newest.group(f"{first}.jpg", f"{second}.jpg", content=large)

    def stop() -> None:
        raise errors.LocalFailure("The signal SIGTERM was received.")

    with pytest.raises(errors.RunFailed, match="SIGTERM") as failed:
        newest.run(at={"between": once(stop, after=6)})
    assert failed.value.msg.endswith(": 2 of 3 groups.")
    assert failed.value.result["counts"]["resolved"] == 2
    assert failed.value.result["changed"] is True
    assert len(newest.listed()) == 1
    assert len(newest.in_view()) == 4


def test_lost_description_is_sent_again(newest: Duplicates) -> None:
    """Immich 3.1.0 writes a sidecar for the tags and one for the description at once, and then reads one of them."""
    newest.group("a.jpg", "z.jpg", content=large)
    newest.tag("Trip", "a.jpg")
    newest.change("a.jpg", description="One", rating=4)
    lose = once(lambda: newest.ask("PUT", f"/assets/{newest.ids['z.jpg']}", json={"description": "", "rating": None}))
    newest.run(at={"trash": lose})
    keeper = newest.has("z.jpg")
    assert (keeper["description"], keeper["rating"], keeper["tags"]) == ("One", 4, ["Trip"])


def test_dismissed_by_somebody_else_is_done(duplicates: Duplicates) -> None:
    duplicates.group("a.jpg", "b.jpg", content=large)
    dismiss = once(lambda: duplicates.mark(None, "a.jpg", "b.jpg"), after=2)
    done = duplicates.run("dismiss", at={"between": dismiss})
    assert (done["counts"]["failed"], done["counts"]["conflicts"]) == (0, 0)
    assert duplicates.listed() == []


def test_many_groups_are_bounded(newest: Duplicates, tmp_path: Any) -> None:
    fill(newest.data, [f"{number:04}.jpg" for number in range(220)])
    # The files whose numbers are 2 n and 2 n + 1 are a group: a UUID of version 4 that ends with n.
    group = "printf('00000000-0000-4000-8000-%012x', CAST(substr(name, 1, 4) AS INTEGER) / 2)"
    newest.change_database(f"UPDATE assets SET duplicate = {group}")
    done = newest.run("none", report=str(tmp_path / "all.jsonl"))
    assert (done["counts"]["found"], len(done["groups"])) == (110, 100)
    assert len((tmp_path / "all.jsonl").read_text(encoding="utf-8").splitlines()) == 112  # with the first and the last line
    assert len(str(done)) < 300_000
