# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sentences at the end of a run."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible.parsing.splitter import parse_kv
from inline_snapshot import snapshot

from ansible_collections.photoyard.immich.plugins.filter._upload_summary import upload_summary
from ansible_collections.photoyard.immich.plugins.plugin_utils._wording.queues import end_lease, join_names
from support.playbooks.role import CHAIN

PAUSED = {"changed": True, "paused": ["metadataExtraction", "ocr"]}
RESUMED = {"changed": True, "resumed": ["metadataExtraction", "ocr"]}


def uploaded(
    new: int = 0, there: int = 0, skipped: int = 0, failed: int = 0, also: dict[str, int] | None = None, **others: Any
) -> dict[str, Any]:
    counts = {"uploaded": new, "duplicates": there, "skipped": skipped, "failed": failed, **(also or {})}
    return {"counts": counts, "bytes_sent": 0, "failures": [], "albums": []} | others


def said(*given: Any, **options: Any) -> str:
    """The sentences, one after the other."""
    return " ".join(upload_summary(*given, **options))


def failure(kind: str, **others: Any) -> dict[str, Any]:
    return {"failed": True, "msg": "No way.", "failure": {"kind": kind}, **others}


def test_summary_names_counts_and_queues_still_paused() -> None:
    result = uploaded(
        412,
        17889,
        also={"albums_created": 1, "albums_added_to": 1, "tags_given": 124},
        bytes_sent=1_234_000_000,
        pause=PAUSED | {"left_paused": ["smartSearch"]},
        resume=RESUMED | {"left_paused": ["smartSearch"]},
    )
    assert said(result) == snapshot(
        "412 uploaded (1.2 GB), 17,889 already there, albums: 1 new, 1 added to, tags: 124 given. "
        "Background jobs run again; smartSearch stays paused (not ours)."
    )


def test_summary_names_the_user_of_new_photos() -> None:
    user = {"name": "Anna", "email": "anna@example.com"}
    assert upload_summary(uploaded(3, user=user)) == snapshot(["3 uploaded.", "New photos belong to Anna (anna@example.com)."])
    assert upload_summary(uploaded(0, 3, user=user)) == snapshot(["Nothing new, 3 already there."])
    assert upload_summary(uploaded(3, user=None)) == ["3 uploaded."]


def test_summary_counts_tags_to_be_read() -> None:
    result = uploaded(0, 33, tags_to_be_read=33)
    assert said(result) == snapshot(
        "Nothing new, 33 already there. Immich has yet to read the metadata of 33 files that it had before: tags that went up with a file "
        "come then, and the next run gives those that lack."
    )


def test_summary_counts_files_kept_for_people() -> None:
    result = uploaded(3, kept_for_people=2)
    assert said(result) == snapshot(
        "3 uploaded. 2 local files kept, because the people in them could not be marked yet: the next run tries again."
    )
    assert said(result, check_mode=True) == snapshot(
        "3 would be uploaded. 2 local files would be kept, because the people in them could not be marked yet: the next run tries again."
    )


def test_summary_counts_files_kept_for_stacks() -> None:
    assert said(uploaded(3, kept_for_stacks=2, kept_for_people=1)) == snapshot(
        "3 uploaded. 2 local files kept, because their stacks could not be made or completed yet: the next run tries again. 1 local file "
        "kept, because the people in them could not be marked yet: the next run tries again."
    )


def test_summary_counts_completed_metadata() -> None:
    result = uploaded(0, 20, metadata_completed=12, changed=True)
    assert said(result) == snapshot("No new file, 20 already there, metadata of 12 files completed.")
    assert said(result, check_mode=True) == snapshot("No new file, 20 already there, metadata of 12 files would be completed.")


def test_summary_counts_restored_and_trashed() -> None:
    restored = uploaded(0, 7, also={"restored": 2, "in_trash": 1}, changed=True)
    assert said(restored) == snapshot("No new file, 7 already there (2 restored from the trash, 1 in the trash).")
    assert said(restored, check_mode=True) == snapshot("No new file, 7 already there (2 would be restored from the trash, 1 in the trash).")
    assert said(uploaded(0, 7, also={"restored": 0, "in_trash": 7})) == snapshot("Nothing new, 7 already there (7 in the trash).")


def test_summary_counts_deleted_local_files() -> None:
    result = uploaded(0, 4, also={"deleted_local": 4}, changed=True)
    assert said(result) == snapshot("No new file, 4 already there, 4 local files deleted.")
    assert said(result, check_mode=True) == snapshot("No new file, 4 already there, 4 local files would be deleted.")


def test_summary_with_failed_file_keeps_other_counts() -> None:
    counts = {"albums_created": 5, "tags_given": 10}
    result = uploaded(5, 0, 0, 1, also=counts, live_photos=1) | failure("upload")
    assert said(result) == snapshot(
        "5 uploaded, 1 failed, albums: 5 new, tags: 10 given, 1 live photo joined. Run the upload again once the cause is fixed. Files that are already on the server are not sent again."
    )


def test_a_play_may_have_paused_by_itself() -> None:
    assert said(uploaded(1), pause=PAUSED, resume=RESUMED) == snapshot("1 uploaded. Background jobs run again.")


def test_two_foreign_pauses_are_plural() -> None:
    assert said(uploaded(1), pause=PAUSED | {"left_paused": ["ocr", "smartSearch"]}, resume=RESUMED) == snapshot(
        "1 uploaded. Background jobs run again; ocr and smartSearch stay paused (not ours)."
    )


def test_restart_of_immich_is_reported() -> None:
    result = uploaded(1, pause=PAUSED | {"paused_again": ["metadataExtraction"]}, resume=RESUMED)
    assert said(result) == snapshot(
        "1 uploaded. Immich restarted during the upload: metadataExtraction was paused again. Background jobs run again."
    )


def test_summary_names_holders_of_paused_queues() -> None:
    others = {"smartSearch": ["a backup"], "ocr": ["a backup"], "library": ["pi", "nas"]}
    resume = RESUMED | {"held_by_others": others, "left_paused": ["editor"]}
    assert said(uploaded(1), pause=PAUSED, resume=resume) == snapshot(
        "1 uploaded. Background jobs run again; smartSearch and ocr stay paused (held by a backup); "
        "library stays paused (held by pi and nas); editor stays paused (not ours)."
    )


OTHERS = ["a-20250131T010000Z-upload-0001", "b-20250131T020000Z-upload-0002", "c-20250131T030000Z-upload-0003"]


def test_summary_leaves_resume_to_other_hosts_of_play() -> None:
    others = {"ocr": OTHERS[1:2], "metadataExtraction": OTHERS[1:]}
    resume = {"changed": True, "resumed": [], "held_by_others": others, "held_until": dict.fromkeys(OTHERS[1:], "2025-01-31T04:00:00Z")}
    assert said(uploaded(1), pause=PAUSED, resume=resume, leases_of_play=OTHERS) == snapshot(
        "1 uploaded. Background jobs stay paused until the other hosts of this play have finished."
    )
    only_one = said(uploaded(1), pause=PAUSED, resume=resume, leases_of_play=OTHERS[:2])
    assert "ocr stays paused (until the other hosts of this play have finished); metadataExtraction stays paused (held by " in only_one
    assert "If an upload on c since 2025-01-31 " in only_one
    assert "If an upload on b" not in only_one


def test_summary_names_running_upload_on_host_calmly() -> None:
    held = dict.fromkeys(CHAIN, OTHERS[:1])
    resume = {"changed": True, "resumed": [], "held_by_others": held, "held_until": {OTHERS[0]: "2025-01-31T04:00:00Z"}}
    (_numbers, alive) = upload_summary(uploaded(1), pause=PAUSED, resume=resume | {"held_here": OTHERS[:1]})
    assert re.fullmatch(
        r"Another upload on this host \(since 2025-01-3\d \d\d:\d\d\) keeps the background jobs paused until it ends\.", alive
    )
    (_numbers, stays, if_dead) = upload_summary(uploaded(1), pause=PAUSED, resume=resume | {"held_here": []})
    assert stays.startswith("9 queues stay paused (held by an upload on a since 2025-01-3")
    assert if_dead.endswith(f": ansible-playbook photoyard.immich.heal -e immich_heal_lease={OTHERS[0]}")


@pytest.mark.parametrize(
    "holder",
    [
        OTHERS[0],
        "nightly",
        "nightly backup",
        "alert a:b=c",
        "it's a backup",
        'a "b"',
        "a, b",
        "yes",
        "true story",
        "x #1",
        "a: b",
        "n\u00e4chtlich",
    ],
)
def test_end_lease_command_quotes_any_holder(holder: str) -> None:
    words = shlex.split(end_lease(holder))
    assert words[:3] == ["ansible-playbook", "photoyard.immich.heal", "-e"]
    (given,) = words[3:]
    parsed = yaml.safe_load(given) if given.startswith("{") else parse_kv(given)
    assert parsed == {"immich_heal_lease": holder}


@pytest.mark.parametrize("holder", [OTHERS[0], "nightly backup", "alert_a:b", "n\u00e4chtlich"])
def test_command_is_printed_without_escapes(holder: str) -> None:
    assert json.loads(json.dumps(end_lease(holder))) == json.dumps(end_lease(holder), ensure_ascii=False)[1:-1]


@pytest.mark.parametrize(
    ("check_mode", "words"),
    [
        (False, snapshot("Nothing new, 3 already there. Resumed what an earlier run left paused: ocr.")),
        (True, snapshot("Nothing new, 3 already there. Would resume what an earlier run left paused: ocr.")),
    ],
)
def test_leftovers_of_an_earlier_run_are_reported(check_mode: bool, words: str) -> None:
    assert said(uploaded(0, 3, pause={"healed": ["ocr"]}, changed=True), check_mode=check_mode) == words


def test_nothing_new_says_nothing_about_queues() -> None:
    skipped = {"skipped": True}
    assert said(uploaded(0, 30), pause=skipped, resume=skipped) == snapshot("Nothing new, 30 already there.")


def test_an_empty_folder_is_named() -> None:
    assert said(uploaded(), src=["/a", "/b"]) == snapshot("No photo or video was found in /a and /b.")
    assert said(uploaded(), src="/a") == snapshot("No photo or video was found in /a.")


def test_skip_reasons_are_named() -> None:
    types = {"": 1, ".txt": 3, ".pdf": 3, ".doc": 2, ".zip": 1}
    assert said(uploaded(0, 0, 10, skip_reasons=types)) == snapshot("Nothing new, 10 skipped (3 .pdf, 3 .txt, 2 .doc, 2 others).")
    assert said(uploaded(0, 0, 1, skip_reasons={"": 1})) == snapshot("Nothing new, 1 skipped (without an extension).")


def test_summary_explains_skipped_files_of_export() -> None:
    kinds = {"sidecar": 3, "duplicate": 2, "embedded": 1, "trashed": 1}
    assert said(uploaded(1, 0, 7, skip_reasons=kinds)) == snapshot(
        "1 uploaded, 7 skipped (3 metadata files without a picture, 2 repeated in other parts, 1 video of a motion photo, 1 in the trash)."
    )


def export(layout: str, title: str, **others: Any) -> dict[str, Any]:
    usual = {"layout": layout, "title": title, "parts": 1, "files": 9, "media": 5, "live_photos": 0, "albums": 0, "rules": {}, "unused": 0}
    return usual | others


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (
            export(
                "google_takeout",
                "Google Takeout",
                parts=3,
                media=12616,
                live_photos=214,
                albums=31,
                rules={"exact": 12390, "live": 214, "none": 12},
                unused=3,
            ),
            snapshot(
                "Nothing new, 3 already there. Google Takeout, 3 parts: 12,402 pictures, 214 live photos, 31 albums; 12 without JSON, 3 JSON files without a picture (in a part that is missing?)."
            ),
        ),
        (
            export("google_takeout", "Google Takeout", rules={"exact": 3, "ambiguous": 2}, unused=1),
            snapshot(
                "Nothing new, 3 already there. Google Takeout, 1 part: 5 pictures; 2 whose JSON is uncertain, 1 JSON file without a picture (in a part that is missing?)."
            ),
        ),
        (
            export("icloud", "iCloud", albums=1, rules={"exact": 2, "none": 1, "ambiguous": 2}, unused=2),
            snapshot(
                "Nothing new, 3 already there. iCloud, 1 part: 5 pictures, 1 album; 1 not in Photo Details.csv, 2 not told apart by Photo Details.csv, 2 CSV files without a picture (in a part that is missing?)."
            ),
        ),
        (
            export("picasa", "Picasa", parts=2, media=1, rules={"exact": 1, "none": 4}, unused=1),
            snapshot("Nothing new, 3 already there. Picasa, 2 folders: 1 picture; 1 INI file without a picture."),
        ),
        (
            export("immich_go", "immich-go", rules={"exact": 4, "none": 1}),
            snapshot("Nothing new, 3 already there. immich-go, 1 archive: 5 pictures; 1 without JSON."),
        ),
        (
            export("synology", "Synology Photos", rules={"metadata": 0, "none": 5}),
            snapshot("Nothing new, 3 already there. Synology Photos, 1 part: 5 pictures."),
        ),
        (
            export("of a later version", "Other", rules={"metadata": 3, "none": 2, "exact": 3}, unused=1),
            snapshot("Nothing new, 3 already there. Other, 1 part: 5 pictures; 2 without metadata, 1 metadata file without a picture."),
        ),
        (export("without a title", ""), snapshot("Nothing new, 3 already there. Export, 1 part: 5 pictures.")),
    ],
)
def test_an_export_is_described_in_its_own_words(found: dict[str, Any], words: str) -> None:
    assert said(uploaded(0, 3, export=found)) == words


@pytest.mark.parametrize(
    ("waiting", "lacking", "words"),
    [
        (1, "part 3 is missing", "1 file without JSON waits, because part 3 is missing: the dates would be wrong."),
        (12, "takeout-002.zip cannot be read", "12 files without JSON wait, because takeout-002.zip cannot be read: the dates"),
    ],
)
def test_waiting_files_are_named_with_reason_and_variable(waiting: int, lacking: str, words: str) -> None:
    found = export("google_takeout", "", rules={"exact": 5}, skip_reasons={"waiting": waiting}, missing=lacking)
    text = said(uploaded(0, 3, waiting, skip_reasons={"waiting": waiting}, export=found))
    assert words in text
    assert "Run it again with the whole export; immich_upload_export_unmatched: upload uploads them as they are." in text
    assert f"{waiting} skipped (waiting for {'its' if waiting == 1 else 'their'} JSON file" in text
    assert "wait" not in said(uploaded(0, 3, export={**found, "skip_reasons": {}}))


def test_summary_in_check_mode_is_conditional() -> None:
    result = uploaded(3, also={"albums_created": 1, "tags_given": 3}, pause=PAUSED)
    assert said(result, check_mode=True) == snapshot(
        "3 would be uploaded, albums: 1 would be new, tags: 3 would be given. Background jobs would be paused during the upload."
    )


def test_summary_of_failed_upload_ends_with_run_again() -> None:
    result = uploaded(1, failed=1, albums=[{"created": True, "added": 1}], pause=PAUSED, resume=RESUMED) | failure("local")
    assert said(result) == snapshot(
        "1 uploaded, 1 failed. Background jobs run again. Run the upload again once the cause is fixed. Files that are already on the server are not sent again."
    )


def test_an_interrupted_upload_does_not_say_nothing_new() -> None:
    assert said(uploaded(0, 2) | failure("local")) == snapshot(
        "2 already there. Run the upload again once the cause is fixed. Files that are already on the server are not sent again."
    )


def test_summary_of_wrong_key_says_nothing_uploaded() -> None:
    assert said(failure("auth")) == snapshot("Nothing was uploaded and no queue was touched.")
    assert said(failure("auth"), pause=PAUSED, resume=RESUMED) == snapshot("Background jobs run again. Nothing was uploaded.")


def test_summary_of_dead_module_does_not_claim_nothing() -> None:
    assert said({"failed": True, "msg": "MODULE FAILURE"}) == snapshot(
        "The upload ended without saying how far it got. Run the upload again once the cause is fixed. Files that are already on the server are not sent again."
    )


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (
            "auth",
            snapshot(
                "1 uploaded. Background jobs kept running, because the administrator's key was refused. To accept this, set immich_upload_pause_jobs: false."
            ),
        ),
        (
            "permission",
            snapshot(
                "1 uploaded. Background jobs kept running, because the administrator's key may not pause them. To accept this, set immich_upload_pause_jobs: false."
            ),
        ),
    ],
)
def test_a_refused_pause_is_a_remark(kind: str, words: str) -> None:
    pause = failure(kind) | {"failed": False}
    assert said(uploaded(1, pause=pause)) == words
    assert said(uploaded(0, 1, pause=pause)) == snapshot("Nothing new, 1 already there.")


def test_a_failed_pause_stops_the_run() -> None:
    assert said({}, pause=failure("server")) == "Nothing was uploaded."


def test_a_failed_resume_names_the_queues_and_the_way_out() -> None:
    queues = [{"name": "metadataExtraction", "paused": False}, {"name": "ocr", "paused": True}, {"name": "editor", "paused": True}]
    assert said(uploaded(1), pause=PAUSED, resume=failure("server", queues=queues)) == snapshot(
        "1 uploaded. ocr is still paused. You can resume it in Immich's administration, under Job Queues."
    )


def test_summary_of_unreachable_host_says_run_again() -> None:
    assert said({"unreachable": True, "msg": "ssh: no route"}) == snapshot(
        "The host went away during the upload. ssh: no route. Run the upload again once the cause is fixed. Files that are already on the server are not sent again."
    )


def copied(result: dict[str, Any], **options: Any) -> str:
    return said(result, verb="copy", **options)


@pytest.mark.parametrize(
    ("kinds", "missing", "is_said"),
    [(["local"], 0, True), (["local", "server"], 0, False), (["local"], 1, False), ([], 0, False)],
)
def test_summary_advises_exclude_for_local_failures_only(kinds: list[str], missing: int, is_said: bool) -> None:
    failures = [{"path": f"/p/{kind}.jpg", "msg": "The file is empty.", "kind": kind} for kind in kinds]
    result = uploaded(3, failed=len(kinds)) | {"failed": True, "failures": failures}
    result["counts"]["missing_paths"] = missing
    assert ("name it in immich_upload_exclude, or raise immich_upload_max_failures." in said(result)) == is_said
    assert "immich_upload_exclude" not in copied(result)


def test_a_copy_is_not_called_an_upload() -> None:
    again = PAUSED | {"paused_again": ["metadataExtraction"]}
    assert copied(uploaded(1, pause=again, resume=RESUMED)) == snapshot(
        "1 copied. Immich restarted during the copy: metadataExtraction was paused again. Background jobs run again."
    )
    assert copied(uploaded(3, pause=PAUSED), check_mode=True) == snapshot(
        "3 would be copied. Background jobs would be paused during the copy."
    )
    assert copied(failure("auth")) == snapshot("Nothing was copied and no queue was touched.")
    assert copied({"failed": True, "msg": "MODULE FAILURE"}) == snapshot(
        "The copy ended without saying how far it got. Run the copy again once the cause is fixed. Files that are already on the server are not sent again."
    )
    assert copied({"unreachable": True, "msg": "ssh: no route"}) == snapshot(
        "The host went away during the copy. ssh: no route. Run the copy again once the cause is fixed. Files that are already on the server are not sent again."
    )
    with pytest.raises(AnsibleFilterError, match="verb must be one of upload, copy"):
        said({}, verb="move")


def test_copy_summary_counts_moved_to_trash() -> None:
    assert copied(uploaded(5, moved_to_trash=2)) == snapshot("5 copied, 2 of them into the trash.")
    assert copied(uploaded(5, moved_to_trash=2), check_mode=True) == snapshot("5 would be copied, 2 of them into the trash.")


def test_copy_summary_counts_people_and_faces() -> None:
    people = {"created": 2, "faces_added": 40, "faces_named": 3}
    assert copied(uploaded(5, people=people)) == snapshot("5 copied, people: 2 new, faces: 40 marked, 3 given a name.")
    assert copied(uploaded(0, 9, people={**people, "created": 0}), check_mode=True) == snapshot(
        "No new file, 9 already there, faces: 40 would be marked, 3 would be given a name."
    )


def test_pause_of_the_source_is_summed_up_separately() -> None:
    source: dict[str, Any] = {"source_pause": PAUSED | {"left_paused": ["library"], "healed": ["editor"]}, "source_resume": RESUMED}
    assert copied(uploaded(1, pause=PAUSED, resume=RESUMED, **source)) == snapshot(
        "1 copied. Background jobs run again. Resumed what an earlier run left paused on the source: editor. "
        "Background jobs of the source run again; library stays paused (not ours)."
    )
    failed: dict[str, Any] = {"source_pause": PAUSED, "source_resume": failure("server", queues=[{"name": "ocr", "paused": True}])}
    assert copied(uploaded(1, **failed)) == snapshot(
        "1 copied. ocr is still paused on the source. You can resume it in Immich's administration, under Job Queues."
    )
    assert copied(uploaded(1, source_pause=failure("permission") | {"failed": False})) == snapshot(
        "1 copied. Background jobs of the source kept running, because the administrator's key may not pause them. To accept this, set "
        "immich_copy_pause_source_jobs: false."
    )


def test_summary_of_nothing_is_empty() -> None:
    assert said({}) == ""


def test_names_are_joined_by_and() -> None:
    assert [join_names(names) for names in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]


def test_copy_summary_names_skipped_and_edits() -> None:
    result = uploaded(3, 2, skipped=1, skip_reasons={"external library": 1}, not_copied={"edits": 2})
    assert said(result) == snapshot(
        "3 uploaded, 2 already there, 1 skipped (in an external library). Of 2 files the edits stay behind: the originals are copied."
    )
    assert said(uploaded()) == snapshot("No photo or video was found.")
