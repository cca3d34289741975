# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The form of an upload: its bytes, its file name, and that a changed file never ends properly."""

from __future__ import annotations

import errno
import hashlib
import io
import os
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._client.body import BLOCK, encode_file_name
from support.collection import FormBody, errors


def form(data: bytes, *, claimed: bytes | None = None, size: int | None = None, **more: Any) -> FormBody:
    sha1 = hashlib.sha1(data if claimed is None else claimed).hexdigest()
    return FormBody({"fileCreatedAt": "now"}, io.BytesIO(data), name="a.jpg", size=len(data) if size is None else size, sha1=sha1, **more)


@pytest.mark.parametrize("length", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 17])
def test_form_body_has_declared_length_and_file(length: int) -> None:
    data = os.urandom(length)
    body = form(data)
    sent = b"".join(body)
    assert len(sent) == len(body)
    assert data in sent
    assert sent.endswith(b"--\r\n")


def test_form_body_of_small_file_is_single_block() -> None:
    assert len(list(form(b"x" * 20000))) == 1


@pytest.mark.parametrize("file", [b"", io.BytesIO(b"")])
def test_the_form_of_an_empty_file_is_whole(file: bytes | io.BytesIO) -> None:
    body = FormBody({}, file, name="a.jpg", size=0, sha1=hashlib.sha1(b"").hexdigest())
    sent = b"".join(body)
    assert len(sent) == len(body)
    assert sent.endswith(b"--\r\n")


@pytest.mark.parametrize("in_memory", [False, True])
def test_no_more_than_a_block_goes_out_at_once(in_memory: bool) -> None:
    data = os.urandom(100_000)
    body = form(data, block=4096)
    if in_memory:
        body = FormBody({}, data, name="a.jpg", size=len(data), sha1=hashlib.sha1(data).hexdigest(), block=4096)
    blocks = list(body)
    assert data in b"".join(blocks)
    assert max(map(len, blocks)) < 5000  # the first and the last also have a part of the form


def test_the_sidecar_stands_before_the_file() -> None:
    sent = b"".join(form(b"photo", sidecar=("a.jpg.xmp", b"<xmp/>")))
    assert sent.index(b'name="sidecarData"; filename="a.jpg.xmp"') < sent.index(b'name="assetData"')


@pytest.mark.parametrize(
    ("data", "claimed", "size"),
    [
        (b"abc" * BLOCK, b"other", 3 * BLOCK),  # other bytes of the same length
        (b"abc", b"abc", 5),  # shorter than it was
        (b"abcdef", b"abc", 3),  # longer than it was
        (b"", b"", 3),  # emptied
    ],
)
def test_form_body_of_changed_file_is_never_closed(data: bytes, claimed: bytes, size: int) -> None:
    sent = b""
    with pytest.raises(errors.FileChanged):
        for block in form(data, claimed=claimed, size=size):
            sent += block
    assert not sent.endswith(b"--\r\n")


def test_a_read_error_is_the_files_and_not_the_networks() -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(errno.EIO, "Input/output error")

    with pytest.raises(errors.LocalFailure, match="Input/output error"):
        list(FormBody({}, Failing(), name="a.jpg", size=5, sha1="0" * 40))


def test_every_block_is_announced() -> None:
    counted: list[int] = []
    data = os.urandom(2 * BLOCK + 5)
    list(form(data, on_block=counted.append))
    assert sum(counted) == len(data)


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ('qu"ote.jpg', b'qu\\"ote.jpg'),
        ("back\\slash.jpg", b"back_slash.jpg"),
        ("new\nline\r.jpg", b"new_line_.jpg"),
        ("bell\a, escape\x1b, delete\x7f, nul\0, first\x01, tab\t.jpg", b"bell_, escape_, delete_, nul_, first_, tab\t.jpg"),
        ("pho\N{CAMERA}to.jpg", "pho\N{CAMERA}to.jpg".encode()),
        ("Ko\u0308ln 100%25;.jpg", "Ko\u0308ln 100%25;.jpg".encode()),
        (os.fsdecode(b"K\xf6ln.jpg"), "K\ufffdln.jpg".encode()),
    ],
)
def test_file_name_is_encoded_for_form(name: str, sent: bytes) -> None:
    assert encode_file_name(name) == sent
