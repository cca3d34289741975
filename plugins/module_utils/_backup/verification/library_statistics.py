# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How much a server holds, a sample of its photos and videos, and whether these can be read back."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple, TypeVar

from ... import _ids
from ..._client import api, body, errors
from .compare import OWN_NUMBERS, ExpectedStatistics, compare_statistics

Result = Dict[str, Any]
Part = TypeVar("Part")

MOST_SAMPLED = 1000
_MOST_DIFFERENCES = 3


@dataclass(frozen=True)
class StatisticsOptions:
    """`sample` is how many assets are taken. `verify` are assets, `{id, checksum, name, thumbnail}`, that are read back.

    `before` and `after` are earlier results, with which this one is compared.
    """

    sample: int = 0
    verify: Sequence[Mapping[str, Any]] = ()
    before: Optional[Mapping[str, Any]] = None
    after: Optional[Mapping[str, Any]] = None


def read_statistics(client: api.Immich, options: StatisticsOptions, check_stop: Callable[[], None]) -> Result:
    """`{server, user, sample, differences, verified}`. A part for which the key lacks the scope is None. Raises `InvalidRequest`.

    `check_stop` is called while assets are read back, and raises what the run is to end with. Raises `RunFailed` then, with all that was
    read.
    """
    check_sample(options.sample)
    wanted = [_wanted(entry) for entry in options.verify]
    expected = ExpectedStatistics.of(options.before, options.after)
    server = errors.where_allowed(lambda: _server(client))
    user = errors.where_allowed(lambda: _user(client))
    problems: List[Tuple[str, str]] = []

    def result(sample: List[Result]) -> Result:
        return {
            "version": str(client.version),
            "server": server,
            "user": user,
            "sample": sample,
            "differences": [
                *_differences(server, user, expected),
                *_in_short("originals", [original for original, _thumbnail in problems]),
                *_in_short("thumbnails", [thumbnail for _original, thumbnail in problems]),
            ],
            "verified": [
                {"id": asset_id, "name": name, "problems": [problem for problem in both if problem]}
                for (asset_id, _checksum, name, _has_thumbnail), both in zip(wanted, problems)
            ],
        }

    try:
        for asset in wanted:
            check_stop()
            problems.append(_read_back(client, *asset, check_stop))
    except errors.LocalFailure as exc:
        msg = "%s Read back until then: %d of %d." % (exc.msg, len(problems), len(wanted))
        raise errors.RunFailed(exc, {"changed": False, **result([])}, msg) from exc
    return result(_sample(client, options.sample))


def check_sample(size: int) -> None:
    """Raises `InvalidRequest` for a number of assets that cannot be taken."""
    if not 0 <= size <= MOST_SAMPLED:
        raise errors.wrong_option("sample", "must be between 0 and %d, not %d." % (MOST_SAMPLED, size))


def _server(client: api.Immich) -> Result:
    by_user = client.server.statistics()
    totals = {name: sum(counts[name] for counts in by_user.values()) for name in ("photos", "videos", "usage")}
    return {"users": len(by_user), **totals, "by_user": by_user}


def _user(client: api.Immich) -> Result:
    return {"id": client.server.me().id, "albums": len(client.albums.mine()), "tags": len(client.tags.all())}


def _sample(client: api.Immich, size: int) -> List[Result]:
    """Originals in external libraries are left out: their checksum is not that of the file, and Immich does not keep them."""
    assets = [asset for asset in client.assets.random(size) if not asset.external]
    return [
        {"id": asset.id, "checksum": asset.sha1, "name": asset.name, "path": asset.path, "thumbnail": asset.has_thumbnail}
        for asset in sorted(assets, key=lambda asset: asset.id)
    ]


def _differences(server: Optional[Result], user: Optional[Result], expected: ExpectedStatistics) -> List[str]:
    differences = [] if server is None else compare_statistics(server, expected)
    for name in OWN_NUMBERS:
        numbers = [statistics[name] for statistics in expected.own if user and statistics["id"] == user["id"]]
        if user and numbers and not min(numbers) <= user[name] <= max(numbers):
            differences.append(
                "%s of the key's user: %d, and not %s." % (name, user[name], " to ".join(str(number) for number in sorted(set(numbers))))
            )
    return differences


def _wanted(entry: Mapping[str, Any]) -> Tuple[str, str, str, bool]:
    try:
        return (
            _ids.checked_uuid(entry["id"]),
            str(entry["checksum"]).lower(),
            str(entry.get("name") or ""),
            entry.get("thumbnail") is not False,
        )
    except (KeyError, ValueError) as exc:
        raise errors.InvalidRequest(
            "An entry of O(verify) has no id or no checksum: give what sample has returned.", options=("verify",)
        ) from exc


def _read_back(
    client: api.Immich, asset_id: str, checksum: str, name: str, has_thumbnail: bool, check_stop: Callable[[], None]
) -> Tuple[str, str]:
    """What is wrong with the original, and what with the thumbnail: a sentence each, empty where nothing is.

    A photo may have no thumbnail: its job is still to come, or Immich could not read the file.
    """
    what = "%s (%s)" % (asset_id, name) if name else asset_id
    of_original = of_thumbnail = ""
    original = _try(lambda: client.assets.receive_original(asset_id, lambda download: _sha1(download, check_stop)))
    if original != checksum:
        error = original if isinstance(original, errors.ImmichError) else None
        of_original = "The original of %s %s" % (what, "cannot be read: %s" % error.msg if error else "has another checksum.")
    thumbnail = _try(lambda: _has_content(client.assets.thumbnail(asset_id))) if has_thumbnail else True
    if thumbnail is not True:
        error = thumbnail if isinstance(thumbnail, errors.ImmichError) else None
        of_thumbnail = "The thumbnail of %s %s" % (what, "cannot be read: %s" % error.msg if error else "is empty.")
    return of_original, of_thumbnail


def _in_short(what: str, problems: Sequence[str]) -> List[str]:
    """The problems of one kind; of many, the first and their number: all have one cause as a rule, such as a disk that is not mounted."""
    sentences = [problem for problem in problems if problem]
    if len(sentences) <= _MOST_DIFFERENCES:
        return sentences
    return ["%s In all, %d of %d %s in the sample cannot be read or have changed." % (sentences[0], len(sentences), len(problems), what)]


def _try(part: Callable[[], Part]) -> object:
    """What `part` returns, or why one asset cannot be read. What would fail for each of them is raised."""
    try:
        return part()
    except errors.ImmichError as exc:
        if exc.fatal or isinstance(exc, errors.LocalFailure):
            raise
        return exc


def _sha1(download: body.Download, check_stop: Callable[[], None]) -> str:
    digest = hashlib.sha1()  # as Immich's own checksums are
    with download:
        for block in iter(lambda: download.read(body.BLOCK), b""):
            check_stop()
            digest.update(block)
    return digest.hexdigest()


def _has_content(download: body.Download) -> bool:
    with download:
        return bool(download.read(body.BLOCK))
