# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the messages of a module are in a role: with its variables, and with every path and name as it is."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.selfhosted.immich.plugins.plugin_utils._wording.role_messages import translate


@pytest.mark.parametrize(
    ("role", "text", "said"),
    [
        ("immich_upload", "bandwidth_limit must be at least 1 byte.", "immich_upload_bandwidth_limit must be at least 1 byte."),
        ("immich_archive", "bandwidth_limit must be at least 1 byte.", "immich_archive_bandwidth_limit must be at least 1 byte."),
        ("immich_copy", "Check source_url and source_api_key.", "Check immich_source_url and immich_source_api_key."),
        ("immich_copy", "(validate_certs: false turns it off.)", "(immich_validate_certs: false turns it off.)"),
        ("immich_copy", "(source_validate_certs: false turns it off.)", "(immich_source_validate_certs: false turns it off.)"),
        ("immich_upload", "(validate_certs: false turns it off.)", "(immich_validate_certs: false turns it off.)"),
        ("immich_upload", "Unpack it, and name its folder in src.", "Unpack it, and name its folder in immich_upload_src."),
        ("immich_upload", "src has the exports of several programs.", "immich_upload_src has the exports of several programs."),
        (
            "immich_upload",
            "/p/a b has archives that are not opened, because src names the folder and not them: 2, such as src.zip. Name them in src too.",
            "/p/a b has archives that are not opened, because immich_upload_src names the folder and not them: 2, such as src.zip. Name "
            "them in immich_upload_src too.",
        ),
        ("immich_upload", "No API key was given. Give it as api_key.", "No API key was given. Give it as api_key."),
        ("immich_upload", "Raise timeout to give it more time.", "Raise immich_timeout to give it more time."),
        ("immich_upload", "Set the option headers.", "Set the option immich_headers."),
        ("immich_copy", "Raise timeout to give it more time.", "Raise immich_timeout to give it more time."),
        ("immich_copy", "Raise source_timeout to give it more time.", "Raise immich_source_timeout to give it more time."),
        ("immich_copy", "The option url is not a valid URL.", "The option immich_url is not a valid URL."),
        ("immich_upload", "If that is your server, set url: http://a", "If that is your server, set immich_url: http://a"),
        (
            "immich_upload",
            "Lower concurrency (files at the same time), raise retries, or wait: the album has no timeout.",
            "Lower immich_upload_concurrency (files at the same time), raise immich_retries, or wait: the album has no timeout.",
        ),
        ("immich_archive", "layout cannot be '%Q': it has no such field.", "immich_archive_layout cannot be '%Q': it has no such field."),
    ],
)
def test_a_message_names_the_variable(role: str, text: str, said: str) -> None:
    done = translate(role, {"msg": text, "warnings": [text], "failures": [{"path": "/q", "msg": text}]}, [])
    assert (done["msg"], done["warnings"], done["failures"]) == (said, [said], [{"path": "/q", "msg": said}])


@pytest.mark.parametrize(
    "text",
    [
        "src",
        "/photos/src/a.jpg",
        "/photos/my src folder/album_from/x.jpg",
        "photos/max_failures.jpg",
        "take src out.zip: src/max_failures src.jpg",
    ],
)
def test_a_path_is_left_alone(text: str) -> None:
    failure = {"path": text, "kind": "local", "msg": "The file is empty."}
    result: dict[str, Any] = {"msg": f"{text}: The file is empty.", "failures": [failure], "exception": "as it was"}
    assert translate("immich_upload", result, [text]) == result
    assert translate("immich_upload", {"warnings": [f"There are 2 albums named '{text}'."]}, []) == {
        "warnings": [f"There are 2 albums named '{text}'."]
    }


@pytest.mark.parametrize("text", ["/photos/src/a.jpg", "/photos/my src folder/x.jpg", "src.jpg", "max_failures.jpg", "C:\\src\\a"])
def test_a_path_that_nobody_named_is_left_alone(text: str) -> None:
    assert translate("immich_upload", {"warnings": [f"{text} is not uploaded."]}, [])["warnings"] == [f"{text} is not uploaded."]
