# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the module immich_asset does: selects assets, finds what of them differs, and changes that or only says it."""

from __future__ import annotations

from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional, Tuple

from .. import _ids
from .._client import api, errors, values
from .._run.run import Run
from . import plan
from .find import AssetsWithTag, album_to_fill, albums_to_empty, find_assets, keys_where
from .options import TRASHED, AssetOptions, AssetSelection, FolderAlbums, SetOptions, selection_of
from .results import AssetResults
from .shift_record import ShiftRecord
from .sidecars import LibrarySidecars
from .write import AssetWriter

Result = Dict[str, Any]

_TRASH_BATCH = 500
_UNREAD = "Immich has yet to read its metadata, and would lose what it is given before. Run this again later."
_TOO_MANY = (
    "%d assets would be changed, and O(max_changes) is %d. Nothing was changed. Look at them in check mode, then raise O(max_changes)."
)
_NOT_TRASHED = "Immich answered that it is in the trash, and it is not."
_WRITES_LATER = (
    "Immich shows the changes of %d assets, and has not written them to their sidecars yet: its queues sidecar and metadataExtraction are "
    "busy or paused."
)


def handle_assets(client: api.Immich, options: AssetOptions, run: Run, *, check_mode: bool) -> Result:
    """Changes what is selected, or with `check_mode` only finds out what of it. Raises `RunFailed` at the end if some failed."""
    selection, wanted, paths = selection_of(options.select), options.wanted(), options.mapped_paths()
    record = None if wanted.shift is None else ShiftRecord(wanted.shift, client.connection.root)
    client.require(_scopes(selection, wanted, trash=options.state == TRASHED))
    results = AssetResults()
    if options.state == TRASHED:
        assets = _by_id(find_assets(client, selection, run))
        results.selected = len(assets)
        _refuse_too_many(len(assets), options.max_changes)
        _trash(client, selection, assets, results, run, check_mode=check_mode)
        return results.end()
    selected: Iterable[values.Asset] = find_assets(client, selection, run)
    by_folder: Dict[str, str] = {}
    if wanted.folder_albums is not None:
        selected = list(selected)  # which albums there are is known before any is looked into
        by_folder = _albums_by_folder(wanted.folder_albums, selected)
    results.folder_albums = sorted(set(by_folder.values()))
    mine = client.albums.mine() if wanted.add_to_albums or wanted.remove_from_albums or by_folder else []
    changes, moved = _plan(client, wanted, selected, mine, by_folder, record, results)
    sidecars = LibrarySidecars(paths) if paths else None
    if sidecars is not None:
        changes = list(_leave_out_refused(sidecars, changes, results, run))
    _refuse_too_many(len(changes), options.max_changes)
    if check_mode:
        for change in changes:
            results.changed(change)
    elif changes:
        if record is not None:
            record.save(moved)
        _carry_out(AssetWriter(client, mine, options.wait_timeout, run.check, sidecars, wanted), changes, results, run)
    return results.end()


def _scopes(selection: AssetSelection, wanted: SetOptions, *, trash: bool) -> Dict[str, str]:
    scopes = selection.scopes()
    if "tags" in selection.lacks:
        scopes["tag.read"] = "find the tags"
    if trash:
        scopes["asset.delete"] = "put assets into the trash"
    if wanted.has_values:
        scopes["asset.update"] = "change assets"
    if wanted.add_tags or wanted.remove_tags:
        scopes.update({"tag.read": "find the tags", "tag.asset": "give tags to assets, and take them away"})
    if wanted.add_tags:
        scopes["tag.create"] = "make tags"
    if wanted.add_to_albums or wanted.remove_from_albums or wanted.folder_albums:
        scopes["album.read"] = "find the albums"
    if wanted.add_to_albums or wanted.folder_albums:
        scopes.update({"album.create": "make albums", "albumAsset.create": "add assets to albums"})
    if wanted.remove_from_albums:
        scopes["albumAsset.delete"] = "take assets out of albums"
    return scopes


def _refuse_too_many(count: int, most: Optional[int]) -> None:
    if most is not None and count > most:
        raise errors.InvalidRequest(_TOO_MANY % (count, most), details={"changes": count, "max_changes": most}, options=("max_changes",))


def _by_id(assets: Iterable[values.Asset]) -> Dict[str, values.Asset]:
    return {asset.id: asset for asset in assets}


def _shifted(record: ShiftRecord, by: float, asset: values.Asset, results: AssetResults) -> Optional[float]:
    """The moment to which an asset is to be moved; None for one that is left alone. One that is in the record has been moved, or its run
    died before."""
    has, target = plan.moment_of(asset), record.moved.get(asset.id)
    if has is None:
        return None
    if target is not None and not plan.is_near(has.seconds, target) and not plan.is_near(has.seconds, target - by):
        results.left_alone(asset, plan.CHANGED_SINCE)
        return None
    return has.seconds + by if target is None else target


def _albums_by_folder(wanted: FolderAlbums, assets: Iterable[values.Asset]) -> Dict[str, str]:
    """The names of the albums of those assets that lie in one of the folders, by the assets' ids."""
    named = {asset.id: wanted.album_of(asset.path) for asset in assets}
    return {asset_id: name for asset_id, name in named.items() if name}


def _plan(
    client: api.Immich,
    wanted: SetOptions,
    assets: Iterable[values.Asset],
    mine: List[values.Album],
    by_folder: Mapping[str, str],
    record: Optional[ShiftRecord],
    results: AssetResults,
) -> Tuple[List[plan.AssetChange], Dict[str, float]]:
    """What is changed, in the order in which the assets were found, and the moments to which a shift moves some of these, by their ids.

    Goes through the assets that were selected, and counts them. Only those that are to be changed are kept.
    """
    known = client.tags.all() if wanted.add_tags or wanted.remove_tags else {}
    tagged = {tag: AssetsWithTag(client, tag, known) for tag in (*wanted.add_tags, *wanted.remove_tags)}
    fill = {name: album_to_fill(mine, name) for name in (*wanted.add_to_albums, *by_folder.values())}
    inside = {name: _in_albums(client, [] if album is None else [album]) for name, album in fill.items()}
    inside.update((name, _in_albums(client, albums_to_empty(mine, name))) for name in wanted.remove_from_albums)
    changes: List[plan.AssetChange] = []
    moved: Dict[str, float] = {}
    unread = 0
    for asset in assets:
        results.selected += 1
        shifted = None if record is None or wanted.shift is None else _shifted(record, wanted.shift.seconds, asset, results)
        albums = dict.fromkeys((*wanted.add_to_albums, *([by_folder[asset.id]] if asset.id in by_folder else [])))
        key = _ids.pack_id(asset.id)
        change = plan.AssetChange(
            asset,
            plan.differences(asset, wanted, shifted),
            tuple(tag for tag in wanted.add_tags if not tagged[tag].has(asset.id)),
            tuple(tag for tag in wanted.remove_tags if tagged[tag].has(asset.id)),
            tuple(name for name in albums if not any(key in keys for keys in inside[name])),
            tuple(name for name in wanted.remove_from_albums if any(key in keys for keys in inside[name])),
        )
        if wanted.zone is not None and asset.metadata.position is not None:
            results.left_alone(asset, plan.ZONE_OF_PLACE)
        if not asset.metadata_read and (change.edits or change.add_tags or change.remove_tags):
            results.left_alone(asset, _UNREAD)
            unread += 1
        elif not change.is_nothing:
            changes.append(change)
            if shifted is not None:
                moved[asset.id] = shifted
    if unread:
        results.warnings.append("%d assets were left alone: Immich has yet to read their metadata. Run this again later." % unread)
    return changes, moved


def _leave_out_refused(
    sidecars: LibrarySidecars, changes: Iterable[plan.AssetChange], results: AssetResults, run: Run
) -> Iterator[plan.AssetChange]:
    """Those changes whose sidecar can be written, or that need none. The others have failed."""
    for change in changes:
        run.check()
        refusal = sidecars.refusal(change)
        if refusal is None:
            yield change
        else:
            results.failed(change.asset, refusal)


def _in_albums(client: api.Immich, albums: List[values.Album]) -> List[_ids.CompactMap]:
    return [keys_where(client, album_id=album.id) for album in albums]


def _carry_out(writer: AssetWriter, changes: List[plan.AssetChange], results: AssetResults, run: Run) -> None:
    with run.keep_result(results.result, lambda: (len(writer.done), len(changes), "assets")):
        try:
            writer.carry_out(changes)
        finally:
            for change in changes:
                if change.asset.id in writer.failed:
                    results.failed(change.asset, writer.failed[change.asset.id])
                elif change.asset.id in writer.done:
                    results.changed(change)
            late = len(writer.late.difference(writer.failed))
            if late:
                results.warnings.append(_WRITES_LATER % late)


def _trash(
    client: api.Immich,
    selection: AssetSelection,
    assets: Mapping[str, values.Asset],
    results: AssetResults,
    run: Run,
    *,
    check_mode: bool,
) -> None:
    """Puts assets into the trash that two lists have found, and looks whether they are gone from a third."""
    if check_mode:
        for asset in assets.values():
            results.trashed(asset)
        return
    again = _by_id(find_assets(client, selection, run)) if assets else {}
    ids = [asset_id for asset_id in assets if asset_id in again]
    for asset_id, asset in assets.items():
        if asset_id not in again:
            results.left_alone(asset, "It was selected no more when the server was asked again.")
    sent: List[str] = []
    left: Mapping[str, values.Asset] = {}
    with run.keep_result(results.result, lambda: (len(sent), len(ids), "assets")):
        try:
            for start in range(0, len(ids), _TRASH_BATCH):
                run.check()
                part = ids[start : start + _TRASH_BATCH]
                client.assets.trash(part)
                sent += part
            left = _by_id(find_assets(client, selection, run)) if sent else {}
        finally:
            for asset_id in sent:
                if asset_id in left:
                    results.failed(assets[asset_id], errors.ServerFailure(_NOT_TRASHED, path="/assets"))
                else:
                    results.trashed(assets[asset_id])
