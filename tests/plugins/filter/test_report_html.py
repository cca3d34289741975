# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page made from a report: right numbers, sound HTML, and nothing that a file name could do to it."""

from __future__ import annotations

import json
import re
import tracemalloc
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.photoyard.immich.plugins.filter.report_html import report_html
from ansible_collections.photoyard.immich.plugins.plugin_utils._report.figures import MOST_LISTED, MOST_STEPS, Timeline, collect

START = 1_795_600_000.0
VOID = {"meta", "wbr", "br"}


def line(number: int = 0, action: str = "created", **values: Any) -> dict[str, Any]:
    usual = {
        "path": f"/photos/Trip/IMG_{number:05}.jpg",
        "size": 1_000_000,
        "checksum": "0" * 40,
        "action": action,
        "asset_id": None if action == "failed" else f"id-{number}",
        "seconds": 0.5,
        "finished": START + number,
        "failure": {"kind": "local", "status": None, "msg": "The file is empty."} if action == "failed" else None,
    }
    return {**usual, **values}


class Page(HTMLParser):
    """Checks that tags are closed in order; collects text, tags and attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def page(report: Any, **options: Any) -> Page:
    return Page(report_html(report, **options))


def tiles(shown: Page) -> dict[str, str]:
    """The large numbers by their labels."""
    found: dict[str, str] = {}
    words = [word for word in shown.words if word.strip()]
    for name in ("Files found", "New", "Already there", "Skipped", "Failed"):
        if name in words:
            found[name] = words[words.index(name) + 1]
    return found


RUN = [
    *(line(number) for number in range(20)),
    *(line(number, "duplicate", seconds=0.0) for number in range(20, 1520)),
    line(1520, "in_trash", seconds=0.0),
    *(line(number, "skipped", size=None, checksum=None, asset_id=None) for number in range(1521, 1524)),
    line(1524, "failed", size=0),
]

SERVER = "https://photos.example.com"
ASSET = "1f0d5a4e-7f5b-4c37-9a4f-3f1d2c5b6a70"
COUNTS = {"uploaded": 20, "duplicates": 1501, "skipped": 3, "failed": 1, "restored": 0, "deleted_local": 0}


def run_line(**values: Any) -> dict[str, Any]:
    """The last line of a report."""
    usual = {
        "kind": "run",
        "server": SERVER,
        "version": "3.1.0",
        "started": START,
        "finished": START + 2000,
        "complete": True,
        "msg": None,
        "found": 1525,
        "handled": 1525,
        "counts": COUNTS,
        "skip_reasons": {".txt": 2, ".ini": 1},
        "bytes_sent": 20_000_000,
        "seconds": 1999.0,
        "albums": [],
        "tags": [],
        "pause": None,
    }
    return {**usual, **values}


FIRST = {"kind": "run", "server": SERVER, "version": "3.1.0", "started": START, "finished": None}


def links(shown: Page) -> list[str | None]:
    return [value for name, value in shown.attributes if name == "href"]


def test_the_numbers_are_right() -> None:
    shown = page(RUN, title="Photos of the NAS")
    assert tiles(shown) == {"Files found": "1,525", "New": "20", "Already there": "1,501", "Skipped": "3", "Failed": "1"}
    assert "20 new (20 MB), 1,501 already there, 3 skipped, 1 failed." in shown.text
    assert shown.words.count("Photos of the NAS") == 2


def test_report_page_counts_same_with_and_without_run_line() -> None:
    assert tiles(page([FIRST, *RUN, run_line()])) == tiles(page(RUN))


def test_report_page_of_complete_run_misses_nothing() -> None:
    shown = page([FIRST, *RUN[:-1], run_line(counts={**COUNTS, "failed": 0}, found=1524)])
    assert "Complete" in shown.words
    assert "missing" not in shown.text
    assert "Immich 3.1.0 at https://photos.example.com" in shown.text
    assert links(shown) == [SERVER]


def test_report_page_of_failed_run_counts_missing_files() -> None:
    shown = page([FIRST, *RUN, run_line(msg="/photos/x: The file is empty.")])
    assert "Finished with failures" in shown.words
    assert "1 file failed and is missing on the server." in shown.text


def test_report_page_of_interrupted_run_says_reason() -> None:
    shown = page([FIRST, *RUN, run_line(complete=False, msg="The API key is gone.", found=9000, handled=1525)])
    assert "Interrupted" in shown.words
    assert "The API key is gone." in shown.text
    assert "7,475 of the 9,000 files found until then are not done." in shown.text


def test_a_report_without_a_last_line_is_cut_off() -> None:
    shown = page([FIRST, *RUN])
    assert "Cut off" in shown.words
    assert "The report has no closing line" in shown.text
    assert tiles(shown)["New"] == "20"


def test_report_page_shows_failed_resume_as_problem() -> None:
    msg = "The background jobs could not be resumed."
    shown = page([FIRST, line(1), run_line(msg=msg, counts=None, pause={"paused": ["ocr"], "seconds": None, "msg": msg})])
    assert "Finished with a problem" in shown.words
    assert "They run again." not in shown.text
    assert shown.text.count(msg) == 2


def test_report_page_shows_pause() -> None:
    pause = {
        "paused": ["metadataExtraction", "ocr"],
        "seconds": 12.3,
        "left_paused": ["smartSearch"],
        "healed": ["library"],
        "paused_again": ["ocr"],
    }
    shown = page([FIRST, line(1), run_line(pause=pause)])
    assert "Paused for 12 s during the upload: metadataExtraction ocr They run again." in shown.text
    assert "Were paused before, and stay so: smartSearch" in shown.text
    assert "an earlier run had left them paused: library" in shown.text
    assert "they were paused again: ocr" in shown.text


def test_a_copy_has_a_pause_on_each_side_and_its_own_words() -> None:
    pauses = {"pause": {"paused": ["ocr"], "seconds": 12.3}, "source_pause": {"paused": ["library"], "seconds": 10}}
    shown = page([FIRST | {"module": "immich_copy"}, line(1, path="a.jpg (1)"), run_line(module="immich_copy", **pauses)])
    assert "Paused for 12 s during the copy: ocr They run again. On the source Paused for 10 s during the copy: library" in shown.text
    assert "Immich copy" in shown.words
    assert "Made from the report of photoyard.immich.immich_copy." in shown.text
    assert "Folders with most new files" not in shown.text


def test_report_page_of_archive_omits_jobs_and_albums() -> None:
    first, last = FIRST | {"module": "immich_archive"}, run_line(module="immich_archive", counts=None, skip_reasons={})
    headings = {"Background jobs", "Albums and tags"}
    assert headings & set(page([first, line(1, "archived"), last]).words) == set()
    assert headings <= set(page([FIRST, line(1), run_line()]).words)


@pytest.mark.parametrize("many", [5, 3 * MOST_LISTED])
def test_new_files_are_listed_by_path(many: int) -> None:
    listed = [file.path for file in collect(line(number * 7 % many) for number in range(many)).new]
    assert listed == [line(number)["path"] for number in range(min(many, MOST_LISTED))]


def test_report_page_refuses_other_modules() -> None:
    with pytest.raises(AnsibleFilterError, match="immich_stack"):
        report_html([FIRST | {"module": "immich_stack"}])


def test_files_albums_and_tags_are_links_to_the_server() -> None:
    albums = [{"name": "Trip", "id": ASSET, "created": True, "added": 1200}]
    tags = [{"name": "Trip/Rome & more", "id": ASSET, "created": False, "added": 3}]
    failed = line(2, "failed", asset_id=ASSET)
    shown = page([FIRST, line(1, asset_id=ASSET), failed, run_line(albums=albums, tags=tags)])
    assert set(links(shown)) == {
        SERVER,
        f"{SERVER}/photos/{ASSET}",
        f"{SERVER}/albums/{ASSET}",
        f"{SERVER}/tags?path=Trip%2FRome%20%26%20more",
    }
    assert links(shown).count(f"{SERVER}/photos/{ASSET}") == 3  # new, failed, slowest
    assert "1 album Trip new +1,200" in shown.text


@pytest.mark.parametrize("server", ["javascript:alert(1)//", "data:text/html,x", "//evil.example", "http://[::1", ""])
def test_nothing_but_a_web_address_becomes_a_link(server: str) -> None:
    about = {"server": server, "albums": [{"name": "A", "id": ASSET, "added": 1}], "tags": [{"name": "T", "id": ASSET, "added": 1}]}
    assert links(page([FIRST | {"server": server}, line(1, asset_id=ASSET), run_line(**about)])) == []


@pytest.mark.parametrize("asset_id", ["../../evil", "x?y=z", "", None, 5])
def test_nothing_but_an_id_becomes_a_link(asset_id: Any) -> None:
    assert links(page([FIRST, line(1, asset_id=asset_id), run_line()])) == [SERVER]


def test_report_page_shows_unknown_size_as_dash() -> None:
    shown = page(
        [FIRST, line(1, size=None), line(2, "failed", size=None), line(3, "failed", size=5), run_line(bytes_sent=None, counts=None)]
    )
    assert "– sent" in shown.words
    assert [word for word in shown.words if word == "–"] == ["–"] * 4  # the new, the failed, and the slowest's size and speed
    assert "0 B" not in shown.words


def test_skipped_files_have_their_reason() -> None:
    reason = "Immich does not take files that end in .txt."
    shown = page([FIRST, line(1, "skipped", size=None, asset_id=None, reason=reason), run_line()])
    assert reason in shown.words
    assert "2 .txt, 1 .ini" in shown.words


def test_long_lists_are_cut_and_say_so() -> None:
    more = MOST_LISTED + 7
    lines = [line(number, action) for action in ("created", "skipped", "failed") for number in range(more)]
    shown = page([FIRST, *lines, run_line()])
    assert shown.text.count("The first 1,000 are listed; the report has 7 more.") == 3
    assert shown.tags.count("tr") < 3 * MOST_LISTED + 40


def test_a_page_does_not_grow_with_the_number_of_files() -> None:
    small = report_html([FIRST, *(line(number) for number in range(MOST_LISTED)), run_line()])
    large = report_html([FIRST, *(line(number) for number in range(20 * MOST_LISTED)), run_line()])
    assert len(large) < 1.1 * len(small)


@pytest.mark.parametrize("form", ["lines", "text", "path"])
def test_lines_text_and_file_give_the_same_page(form: str, tmp_path: Path) -> None:
    text = "".join(json.dumps(one) + "\n" for one in RUN)
    file = tmp_path / "report.jsonl"
    file.write_text(text)
    forms: dict[str, Any] = {"lines": RUN, "text": text, "path": str(file)}
    assert report_html(forms[form]) == report_html(RUN)


def test_nothing_is_fetched_from_anywhere() -> None:
    shown = page(RUN)
    assert not {"script", "link", "img", "iframe", "object", "image", "use"} & set(shown.tags)
    assert [value for name, value in shown.attributes if name in ("href", "src", "xlink:href")] == []
    assert "url(" not in report_html(RUN)
    assert "@import" not in report_html(RUN)


@pytest.mark.parametrize(
    ("name", "shown_as"),
    [
        ("<script>alert(1)<!--.jpg", "<script>alert(1)<!--.jpg"),
        ("\"quote' & <b>.jpg", "\"quote' & <b>.jpg"),
        ("new\nline\t.jpg", "new\\nline\\t.jpg"),
        ("\udcff\udcfe.jpg", "\\udcff\\udcfe.jpg"),
        ("evil\u202egpj.exe", "evil\\u202egpj.exe"),
        ("{{ lookup('pipe', 'id') }}{% raw %}.jpg", "{{ lookup('pipe', 'id') }}{% raw %}.jpg"),
        ("Zoë 🎂 日本.jpg", "Zoë 🎂 日本.jpg"),
    ],
)
@pytest.mark.parametrize("action", ["created", "failed"])
def test_odd_names_are_shown_and_do_nothing(name: str, shown_as: str, action: str) -> None:
    html = report_html([line(1, action, path="/photos/" + name)])
    html.encode("utf-8")
    shown = Page(html)
    assert shown_as in shown.words
    assert "script" not in shown.tags
    assert "{{" not in html
    assert "{%" not in html


def test_messages_and_titles_are_escaped_too() -> None:
    failure = {"kind": "<i>", "status": 500, "msg": "</td><script>x</script>"}
    shown = page([line(1, "failed", failure=failure)], title="</title><script>")
    assert "script" not in shown.tags
    assert any("</td><script>x</script>" in word for word in shown.words)


def test_every_failure_has_its_reason() -> None:
    reasons = ["The file is empty.", "The file changed while it was read.", "HTTP 500 from Immich."]
    failed = [line(number, "failed", failure={"kind": "server", "status": None, "msg": msg}) for number, msg in enumerate(reasons)]
    shown = page(failed)
    for reason in reasons:
        assert reason in shown.text
    assert "By kind: 3 server." in shown.text


def test_report_page_counts_file_without_album_once() -> None:
    shown = page([line(1), line(1, "failed", asset_id="id-1"), line(2)])
    assert tiles(shown) == {"Files found": "2", "New": "2", "Already there": "0", "Failed": "1"}
    assert "2 new (2.0 MB), 0 already there, 1 failed." in shown.text
    assert "1 file is on the server, but not in the album or without the tags." in shown.text
    assert "missing on the server" not in shown.text


def test_later_actions_are_shown_and_count_no_file_twice() -> None:
    lines = [line(number, "duplicate", seconds=0.0) for number in range(3)]
    lines += [line(0, "restored"), line(1, "metadata_completed"), *(line(number, "deleted_local") for number in range(3))]
    shown = page(lines)
    assert "Nothing new, 3 already there, 0 failed, 1 restored from the trash, metadata of 1 file completed, 3 local files deleted." in (
        " ".join(shown.words)
    )
    assert tiles(shown)["Files found"] == "3"


def test_report_page_without_new_files_has_no_throughput() -> None:
    shown = page([line(number, "duplicate", seconds=0.0) for number in range(2)])
    assert "Nothing new, 2 already there, 0 failed." in shown.text
    assert "Throughput" not in shown.text


def test_report_page_of_empty_report_has_no_files() -> None:
    assert "The run found no files." in page("").text
    assert "The run found no files." in page([]).text


def test_a_report_without_times_has_no_picture_over_time() -> None:
    shown = page([{key: value for key, value in line(number).items() if key != "finished"} for number in range(9)])
    assert "over time" not in shown.text.replace("no picture over time", "")


def test_truncated_line_is_reported() -> None:
    text = "".join(json.dumps(line(number)) + "\n" for number in range(3)) + '{"path": "/pho'
    shown = page(text)
    assert tiles(shown)["Files found"] == "3"
    assert "1 line of it could not be read" in shown.text


@pytest.mark.parametrize(
    "text", ["[defaults]\ninventory = hosts\n", '{"level": "info", "msg": "started"}\n', '{"a": 1}\nb\n', "{}", "\0\1\2"]
)
def test_report_page_refuses_other_files(tmp_path: Path, text: str) -> None:
    (tmp_path / "other.txt").write_text(text)
    with pytest.raises(AnsibleFilterError, match=r"not a report of .*: no line of it is about a run or a file"):
        report_html(str(tmp_path / "other.txt"))


def test_report_page_refuses_malformed_report() -> None:
    with pytest.raises(AnsibleFilterError, match=r"/nowhere/report\.jsonl cannot be read: No such file"):
        report_html("/nowhere/report.jsonl")
    with pytest.raises(AnsibleFilterError, match="not a report"):
        report_html([1, 2])  # type: ignore[list-item]
    with pytest.raises(AnsibleFilterError, match="not a report"):
        report_html(5)  # type: ignore[arg-type]
    with pytest.raises(AnsibleFilterError, match="not a report"):
        report_html([line(1, finished=1e300)])
    with pytest.raises(AnsibleFilterError, match="not a report"):
        report_html([run_line(albums="none")])


def test_an_unknown_action_goes_by_its_name() -> None:
    assert "Would create: 1 (100%)" in page([line(1, "would_create")]).text


def test_the_slowest_come_first() -> None:
    slowest = collect(line(number, seconds=number % 100) for number in range(1000)).slowest
    assert [one.seconds for one in slowest] == [99.0] * 10 + [98.0] * 5


def test_timeline_spreads_bytes_over_duration() -> None:
    timeline = Timeline()
    timeline.add(began=1000.0, finished=1010.0, sent=1000)
    steps = timeline.steps
    assert [moment for moment, _ in steps] == [1000.0 + 0.5 * number for number in range(21)]
    assert [step.bytes for _, step in steps] == [50.0] * 20 + [0.0]
    assert [step.files for _, step in steps] == [0] * 20 + [1]


def test_timeline_keeps_totals_in_few_steps() -> None:
    timeline = Timeline()
    for number in range(5000):
        timeline.add(began=START + 7 * number, finished=START + 7 * number + 100, sent=10)
    steps = timeline.steps
    assert len(steps) <= MOST_STEPS
    assert sum(step.files for _, step in steps) == 5000
    assert sum(step.bytes for _, step in steps) == pytest.approx(50_000)


def test_a_long_report_needs_little_memory(tmp_path: Path) -> None:
    file = tmp_path / "report.jsonl"

    def texts() -> Iterator[str]:
        for number in range(20_000):
            yield json.dumps(line(number)) + "\n"

    with open(file, "w") as stream:
        stream.writelines(texts())
    small = tmp_path / "small.jsonl"
    small.write_text(json.dumps(line(1)) + "\n")
    report_html(str(small))  # loads what makes pages, which counts as well
    tracemalloc.start()
    try:
        report_html(str(file))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < file.stat().st_size / 2


ZIP = "/takeout/1.zip: Takeout/Photos"
EXPORT: dict[str, Any] = {
    "layout": "google_takeout",
    "title": "Google Takeout",
    "parts": 2,
    "files": 1050,
    "media": 40,
    "live_photos": 2,
    "albums": 3,
    "rules": {"exact": 30, "edited": 6, "live": 2, "none": 1, "ambiguous": 1, "metadata": 1002},
    "skip_reasons": {"sidecar": 3, "trashed": 2, ".html": 1, "embedded": 1},
    "unreadable": 1,
    "unused": 3,
}


def export_lines() -> list[dict[str, Any]]:
    """The lines of a report on an export of Google Photos."""
    reasons = ("Its picture is not there.", "Its picture is not there.", "None of this album's pictures is there.")
    return [
        FIRST,
        line(1, path=f"{ZIP}/a.jpg", rule="exact", sidecar=f"{ZIP}/a.jpg.json", albums=["Trip"], dated_by="export"),
        line(2, path=f"{ZIP}/b.jpg", rule="none", sidecar=None, albums=[], dated_by="exif"),
        line(3, "duplicate", path=f"{ZIP}/c.jpg", rule="ambiguous", sidecar=None, albums=[], dated_by=None),
        *(line(number, "skipped", path=f"{ZIP}/{number}.json", asset_id=None, reason=reason) for number, reason in enumerate(reasons)),
        *(line(number, "unused", path=f"{ZIP}/{number}.json", asset_id=None, reason=reason) for number, reason in enumerate(reasons)),
    ]


def test_unused_metadata_files_do_not_count_as_files() -> None:
    assert tiles(page(export_lines())) == {"Files found": "6", "New": "2", "Already there": "1", "Skipped": "3", "Failed": "0"}
    assert "Unused" not in page(export_lines()).text


def test_an_export_is_described() -> None:
    album = {"name": "Trip", "id": ASSET, "created": True, "added": 1, "origin": f"{ZIP}/Trip/metadata.json"}
    shown = page([*export_lines(), run_line(export=EXPORT, albums=[album, album | {"name": "Of no export", "origin": None}])])
    assert "Google Takeout, 2 parts 38 pictures, 2 live photos, 3 albums; 1 without JSON, 1 whose JSON is uncertain" in shown.text
    assert "30 exact The title in a JSON file is the name of the file." in shown.text
    assert "6 edited An edited copy, which has no JSON file of its own." in shown.text
    assert "3 JSON files without a picture File Why" in shown.text
    assert shown.text.count("None of this album's pictures is there.") == 2  # in the list of skipped files too
    assert "2 pictures whose metadata was not found" in shown.text
    assert re.search(r"How 1 album came about .* Trip .*Trip/ metadata.json", shown.text)


def test_the_numbers_of_an_export_add_up() -> None:
    shown = page([*export_lines(), run_line(export=EXPORT)])
    said = re.search(r"What all ([\d,]+) files of the export are(.*?)3 JSON files without a picture File", shown.text)
    assert said
    assert "40 photos and videos 1,002 JSON files that were read 3 metadata files without a picture 2 in the trash 1 .html" in said.group(2)
    numbers = [int(number.replace(",", "")) for number in re.findall(r"[\d,]+", said.group(2))]
    assert sum(numbers) == int(said.group(1).replace(",", "")) == 1050
    placed = re.search(r"How (\d+) photos and videos were placed", shown.text)
    assert placed
    assert int(placed.group(1)) == 40 == sum(number for rule, number in EXPORT["rules"].items() if rule != "metadata")


def test_report_page_omits_unmatched_pictures_of_picasa() -> None:
    shown = page([*export_lines(), run_line(export=EXPORT | {"layout": "picasa", "title": "Picasa"})])
    assert "Picasa, 2 folders" in shown.text
    assert "was not found" not in shown.text


@pytest.mark.parametrize(
    "export", [{"rules": {"exact": 1}}, {"layout": "<b>", "title": "<s>", "rules": {"<i>": 1}, "skip_reasons": {"<u>": 1}}]
)
def test_an_export_of_an_odd_report_does_no_harm(export: dict[str, Any]) -> None:
    assert set(page([FIRST, run_line(export=export)]).tags).isdisjoint({"b", "s", "i", "u"})
