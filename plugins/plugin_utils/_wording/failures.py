# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How the result of an upload or a copy is shown: failed files on lines of their own, and a small result."""

from __future__ import annotations

from typing import Any

from . import numbers

_MOST_LINES = 10


def failed_files(result: dict[str, Any], report_option: str) -> list[str]:
    """A line for each file that failed, up to ten, and one on where to find the others."""
    failures = result.get("failures") or []
    lines = [f"failed: {failure['path']}: {failure['msg']}" for failure in failures[:_MOST_LINES]]
    counts = result.get("counts") or {}
    others = counts.get("failed", len(failures)) + counts.get("missing_paths", 0) - len(lines)
    if lines and others > 0:
        where = f"see the report {result['report']}" if result.get("report") else f"which {report_option} would list in a file"
        lines.append(f"and {numbers.count(others)} more, {where}")
    return [_escape_controls(line) for line in lines]


def _escape_controls(line: str) -> str:
    """The line, with escapes for what would move the cursor or begin another line: file names may hold anything."""
    return "".join(character if character.isprintable() else character.encode("unicode_escape").decode() for character in line)


def reduce_result(result: dict[str, Any], files_were_shown: bool) -> dict[str, Any]:
    """A failed result without what is empty or was said already, because Ansible prints all of it. Lists stay whole: a play that rescues
    the failure goes through them."""
    kept = _without_empty(result)
    for name in ("pause", "resume", "source_pause", "source_resume", "failure"):
        if isinstance(kept.get(name), dict):
            kept[name] = _without_empty(kept[name])
    for prefix in ("", "source_"):
        _reduce_pause(kept, prefix + "pause", prefix + "resume")
    for name in ("stacks", "people"):
        if not any((kept.get(name) or {}).values()):
            kept.pop(name, None)
    if files_were_shown and "failures" in kept and f"{kept['failures'][0]['path']}: {kept['failures'][0]['msg']}" in kept["msg"]:
        kept["msg"] = _what_failed(result)
        kept.pop("exception", None)  # in which ansible-core 2.19 and later keep the message as it was, and print it too
    return _without_empty(kept)


def _what_failed(result: dict[str, Any]) -> str:
    files, missing = result["counts"]["failed"], result["counts"].get("missing_paths", 0)
    paths = [_escape_controls(failure["path"]) for failure in result["failures"]]
    parts = [f"{numbers.not_there(missing)}: {numbers.some_of(paths[:missing], missing)}."] * bool(missing)
    which = f": {numbers.some_of(paths[missing:], files)}" if paths[missing:] else ""
    has_folders = any(failure["msg"].startswith("The folder ") for failure in result["failures"])
    noun = ("folder", "files and folders") if has_folders else ("file", "files")
    parts += [f"{numbers.count(files, *noun)} failed{which}."] * bool(files)
    return " ".join(parts)


def _reduce_pause(kept: dict[str, Any], pause: str, resume: str) -> None:
    for name in (pause, resume):
        if name in kept:
            kept[name].pop("lease", None)
            queues = kept[name].pop("queues", [])
            if kept[name].get("failed"):
                kept[name]["queues"] = [queue for queue in queues if queue["paused"]]
    if "resumed" in kept.get(resume, {}) and not kept[resume].get("failed"):  # the same names once more
        kept[pause] = {name: value for name, value in kept[pause].items() if name not in kept[resume] and name != "paused"}


def _without_empty(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in ([], {}, None)}
