# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter `upload_summary`: what a run of the role `immich_upload` did, in one sentence for a person."""

from __future__ import annotations

DOCUMENTATION = r"""
name: upload_summary
short_description: Say in a sentence how an upload with paused background jobs went
version_added: 1.0.0
description:
  - Turns the results of M(selfhosted.immich.immich_upload) and M(selfhosted.immich.immich_jobs) into the sentence with which the
    role P(selfhosted.immich.immich_upload#role) ends, whatever went wrong in between.
author:
  - selfhosted.immich contributors (@selfhosted)
options:
  _input:
    description: The registered result of M(selfhosted.immich.immich_upload), or of its run in check mode; empty if it never ran.
    type: dict
    required: true
  preview:
    description: The registered result of M(selfhosted.immich.immich_upload) in check mode before the pause, if it ran.
    type: dict
  pause:
    description: The registered result of M(selfhosted.immich.immich_jobs) that paused, if it ran.
    type: dict
  resume:
    description: The registered result of M(selfhosted.immich.immich_jobs) that resumed, if it ran.
    type: dict
  watch:
    description: The collected result of M(selfhosted.immich.immich_jobs_guard), if it ran.
    type: dict
  check_mode:
    description: Whether all this was a prediction.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Say how it went
  ansible.builtin.debug:
    msg: "{{ (uploaded | selfhosted.immich.upload_summary(pause=paused, resume=resumed)).msg }}"
"""

RETURN = r"""
_value:
  description: The sentence, and whether something went wrong.
  type: dict
  contains:
    msg:
      description: What went up, what happened to the queues, and, after a failure, what to do.
      type: str
      sample: "412 uploaded (1.2 GB), 17,889 already there. Background jobs run again; smartSearch stays paused (not ours)."
    failed:
      description: Whether something went wrong.
      type: bool
"""

from typing import Any, Callable, Dict, List, Mapping, Optional

Result = Mapping[str, Any]

RUN_AGAIN = "Run it again once that is mended: what is there already is not sent a second time."


def upload_summary(
    uploaded: Optional[Result],
    preview: Optional[Result] = None,
    pause: Optional[Result] = None,
    resume: Optional[Result] = None,
    watch: Optional[Result] = None,
    check_mode: bool = False,
) -> Dict[str, Any]:
    """`{msg, failed}` from the registered results; one that is missing or was skipped counts as never run."""
    uploaded, preview, pause, resume, watch = (_ran(one) for one in (uploaded, preview, pause, resume, watch))
    troubles = [*_trouble_before(preview, pause), *_trouble_in_upload(uploaded, pause), *_trouble_after(pause, resume)]
    parts = [*_numbers(uploaded, check_mode), *_watched(watch), *_queues(uploaded, pause, resume, check_mode), *troubles]
    return {"msg": " ".join(parts), "failed": bool(troubles)}


def _ran(result: Optional[Result]) -> Result:
    return {} if not result or result.get("skipped") else result


def _numbers(uploaded: Result, check_mode: bool) -> List[str]:
    """What went up; nothing where the module never came that far."""
    if "counts" not in uploaded:
        return []
    new, there, skipped, failed = (uploaded["counts"][name] for name in ("uploaded", "duplicates", "skipped", "failed"))
    size = " (%s)" % human_size(uploaded["bytes_sent"]) if uploaded.get("bytes_sent") else ""
    parts = []
    if new:
        parts.append("%s %s%s" % (number(new), "would be uploaded" if check_mode else "uploaded", size))
    elif not failed and not uploaded.get("failed"):
        parts.append("Nothing new" if there or skipped else "No photo or video was found")
    parts += ["%s already there" % number(there)] * bool(there)
    parts += ["%s skipped" % number(skipped)] * bool(skipped)
    parts += ["%s failed%s" % (number(failed), _example(uploaded))] * bool(failed)
    parts += _albums(uploaded)
    return [", ".join(parts) + "."] * bool(parts)


def _example(uploaded: Result) -> str:
    """The first of the files that failed, where the failure's own words do not name it already."""
    failures = uploaded.get("failures") or []
    if not failures or uploaded.get("failed"):
        return ""
    return " (see %s: %s)" % (failures[0]["path"], str(failures[0]["msg"]).rstrip("."))


def _albums(uploaded: Result) -> List[str]:
    albums = uploaded.get("albums") or []
    new = [album for album in albums if album.get("created")]
    filled = [album for album in albums if album.get("added") and not album.get("created")]
    parts = ["%s new" % number(len(new))] * bool(new) + ["%s added to" % number(len(filled))] * bool(filled)
    return ["albums: " + ", ".join(parts)] if parts else []


def _watched(watch: Result) -> List[str]:
    """What Immich forgot meanwhile, as it does when it starts; or why nobody would have noticed."""
    # Where HOME is not the user's home folder, Ansible looks for the job in another place than it keeps it: that tells nothing.
    if watch.get("failed") and watch.get("finished") and watch.get("msg") != "could not find job":
        return ["Nobody watched over the pause to the end, because the guard failed: %s" % _sentence(watch.get("msg"))]
    names = watch.get("reasserted") or []
    return ["Immich restarted, it seems, and resumed %s, so %s paused again." % (join_names(names), _was(names))] * bool(names)


def _was(names: List[str]) -> str:
    return "it was" if len(names) == 1 else "they were"


def _queues(uploaded: Result, pause: Result, resume: Result, check_mode: bool) -> List[str]:
    """What became of the queues, unless it is a trouble."""
    parts = []
    healed = [*(pause.get("healed") or []), *(resume.get("healed") or [])]
    if healed:
        what = "Would resume" if check_mode else "Resumed"
        parts.append("%s what an earlier run left paused: %s." % (what, join_names(list(dict.fromkeys(healed)))))
    if not pause or pause.get("failed") or resume.get("failed") or resume.get("unreachable"):
        return parts
    if _refused(pause):
        return parts + ["Background jobs kept running: %s" % _why(pause)] * bool((uploaded.get("counts") or {}).get("uploaded"))
    words = []
    shared = [] if check_mode else resume.get("held_by_others") or []
    if check_mode and pause.get("paused"):
        words.append("Background jobs would pause meanwhile")
    elif not check_mode and {*(pause.get("paused") or []), *(resume.get("resumed") or [])} - set(shared):
        words.append("Background jobs run again")
    words += _stay(shared, "held by others too") + _stay(resume.get("left_paused") or pause.get("left_paused") or [], "not ours")
    return parts + ["; ".join(words) + "."] * bool(words)


def _stay(queues: List[str], why: str) -> List[str]:
    return ["%s %s paused (%s)" % (join_names(queues), "stays" if len(queues) == 1 else "stay", why)] * bool(queues)


def _refused(pause: Result) -> bool:
    """Whether the key may not pause, and need not (the task then counts as good)."""
    return bool(pause.get("failure")) and not pause.get("failed")


def _why(pause: Result) -> str:
    """Why there was no pause, and what one can do about it."""
    forbidden = (pause.get("failure") or {}).get("kind") == "permission"
    return _sentence(pause.get("msg")) + (" Or set immich_upload_pause_jobs: false." if forbidden else "")


def _trouble_before(preview: Result, pause: Result) -> List[str]:
    if preview.get("failed"):
        return ["Nothing was uploaded and no queue was touched.", _sentence(preview.get("msg"))]
    if pause.get("failed"):
        return ["Nothing was uploaded, because the background jobs could not be paused. %s" % _why(pause)]
    return []


def _trouble_in_upload(uploaded: Result, pause: Result) -> List[str]:
    if uploaded.get("unreachable"):
        return ["The host went away during the upload. %s" % _sentence(uploaded.get("msg")), RUN_AGAIN]
    if pause.get("failed"):
        return []  # that is said already
    if uploaded.get("failed") and uploaded.get("failure") and "counts" not in uploaded and not pause:
        return ["Nothing was uploaded and no queue was touched.", _sentence(uploaded.get("msg"))]
    if uploaded.get("failed"):
        return [_sentence(uploaded.get("msg")), RUN_AGAIN]
    return []


def _trouble_after(pause: Result, resume: Result) -> List[str]:
    if not (resume.get("failed") or resume.get("unreachable")):
        return []
    ours = pause.get("paused") or []
    still = [queue["name"] for queue in resume.get("queues") or [] if queue["paused"] and queue["name"] in ours] or ours
    parts = [_sentence(resume.get("msg"))]
    if still:
        parts.append("The guard on the host goes on trying. Or resume %s in Immich's administration, under Jobs." % join_names(still))
    elif not pause:  # the upload, which paused, came to no end of its own
        parts.append("Queues may stay paused until the lease has run out; then the guard on the host resumes them.")
    return parts


def _sentence(msg: Any) -> str:
    text = str(msg or "no reason given").strip()
    return text if text.endswith((".", "!", "?", ")")) else text + "."


def number(value: int) -> str:
    """17,889"""
    return format(value, ",d")


def human_size(size: int) -> str:
    """1.2 GB, in powers of ten as disks are sold, with two figures at least."""
    value, units = float(size), ["B", "kB", "MB", "GB", "TB"]
    while value >= 999.5 and len(units) > 1:
        value /= 1000
        del units[0]
    return "%.*f %s" % (1 if units[0] != "B" and value < 9.95 else 0, value, units[0])


def join_names(names: List[str]) -> str:
    """a; a and b; a, b and c"""
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1] if names else "") if part)


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> Dict[str, Callable[..., Any]]:
        """The filters by name."""
        return {"upload_summary": upload_summary}
