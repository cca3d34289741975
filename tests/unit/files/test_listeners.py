# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is left out of an export is counted on its way to whoever listens."""

from __future__ import annotations

from ansible_collections.photoyard.immich.plugins.module_utils._files.base import Counting
from support.collection import LocalFailure
from support.exports.listed import RecordingListener


def test_all_is_passed_on_and_files_are_counted() -> None:
    reported = RecordingListener()
    counting = Counting(reported)
    counting.skipped("/a", ".txt", "Files of this type are not uploaded.")
    counting.skipped("/b", ".txt", "Files of this type are not uploaded.")
    counting.unreadable("/c", LocalFailure("It is encrypted."))
    counting.warn("Something is odd.")
    assert (counting.skip_reasons, counting.unreadable_files) == ({".txt": 2}, 1)
    assert reported.skipped_files == {"/a": ".txt", "/b": ".txt"}
    assert list(reported.failures) == ["/c"]
    assert reported.warnings == ["Something is odd."]


def test_kinds_are_bounded_and_can_be_shown() -> None:
    counting = Counting(RecordingListener())
    for number in range(60):
        counting.skipped(f"/{number}", f".\n{number}", "Files of this type are not uploaded.")
    assert len(counting.skip_reasons) == 51
    assert counting.skip_reasons["other"] == 10
    assert counting.skip_reasons[".\\x0a0"] == 1
