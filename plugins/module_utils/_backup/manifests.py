# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The manifest beside a fetched backup: what it has to hold, and what its proof by a restore has found."""

from __future__ import annotations

import json
import re
import time
from typing import Any, Dict, List, Mapping, Optional

from .. import _own_files
from .._client import errors
from .._text import one_line, parse_json, printable

_STEM = re.compile(r"\.sql(\.gz)?$")
_LARGEST = 16 * 1024 * 1024  # bytes
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_MOST = 50  # kinds of objects, and differences
_PROOF = ("proven", "counts", "differences", "left_out", "extensions", "postgres_version", "seconds")

Proof = Dict[str, Any]


def read_proof(path: str, checksum: Optional[str], size: int) -> Optional[Proof]:
    """`{proven, time, seconds, counts, differences, error}` of the backup at `path`; None without a proof, or a manifest of this file.

    :param checksum: the file's SHA-256 in hex, None where it was not read: then only its `size` in bytes has to agree.
    """
    manifest = read(path_of(path))
    dump, proof = manifest.get("dump"), manifest.get("proof")
    if not isinstance(dump, dict) or not isinstance(proof, dict):
        return None
    if dump.get("sha256") != checksum if checksum is not None else dump.get("size") != size:
        return None
    return _proof(proof)


def write_proof(path: str, result: Mapping[str, Any]) -> None:
    """Writes into the manifest at `path` the `result` of the module immich_backup_proof_info, or with which message it failed.

    Raises `LocalFailure`, also where no manifest is.
    """
    manifest = read(path)
    if not isinstance(manifest.get("dump"), dict):
        raise errors.LocalFailure("%s is not the manifest of a backup, so the result of its proof cannot be written." % printable(path))
    proof = {"proven": False, "error": result.get("msg"), **{name: result[name] for name in _PROOF if name in result}}
    write(path, {**manifest, "proof": {**proof, "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}})


def path_of(backup: str) -> str:
    """Where the manifest of the backup at a path lies."""
    return _STEM.sub("", backup) + ".json"


def write(path: str, manifest: Mapping[str, Any]) -> None:
    """Writes it whole or not at all, readable for its owner only. Raises `LocalFailure`."""
    try:
        _own_files.write_whole(path, (json.dumps(manifest, indent=2, sort_keys=True) + "\n").encode("utf-8"))
    except OSError as exc:
        message = "The manifest %s cannot be written: %s.%s" % (printable(path), exc.strerror or exc, _own_files.disk_advice(exc))
        raise errors.LocalFailure(message) from exc


def read(path: str) -> Dict[str, Any]:
    """The manifest at a path, an empty one where it cannot be read."""
    try:
        document = parse_json(_own_files.read_start(path, _LARGEST, follow=True) or b"")
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def differences_of(manifest: Mapping[str, Any]) -> List[str]:
    """What a proof has found to be missing, in sentences; none where there was no proof."""
    proof = manifest.get("proof")
    differences = proof.get("differences") if isinstance(proof, dict) else None
    return (
        [one_line(difference) for difference in differences[:_MOST] if isinstance(difference, str)] if isinstance(differences, list) else []
    )


def _proof(proof: Mapping[str, Any]) -> Optional[Proof]:
    """Only what is as the role writes it. None without a moment: nobody could tell how old it is."""
    moment, seconds, counts = (proof.get(name) for name in ("time", "seconds", "counts"))
    if not isinstance(moment, str) or not _MOMENT.fullmatch(moment):
        return None
    named = counts.items() if isinstance(counts, dict) else ()
    return {
        "proven": proof.get("proven") is True,
        "time": moment,
        "seconds": float(seconds) if seconds is not None and _is_number(seconds) else None,
        "counts": {str(name): number for name, number in list(named)[:_MOST] if _is_number(number)},
        "differences": differences_of({"proof": proof}),
        "error": one_line(proof.get("error")) or None,
    }


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e15
