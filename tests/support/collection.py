# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests use most of plugins/module_utils, under one short name."""

from __future__ import annotations

from ansible_collections.photoyard.immich.plugins.module_utils._archive.manifest import Header
from ansible_collections.photoyard.immich.plugins.module_utils._archive.run import ArchiveOptions
from ansible_collections.photoyard.immich.plugins.module_utils._archive.tree import ArchiveTree
from ansible_collections.photoyard.immich.plugins.module_utils._archive_format.kept import keep_record
from ansible_collections.photoyard.immich.plugins.module_utils._archive_format.record import (
    LONGEST_WRITTEN,
    AlbumRecord,
    ArchiveRecord,
    RemovedRecord,
    album_file,
    parse_line,
)
from ansible_collections.photoyard.immich.plugins.module_utils._client import errors
from ansible_collections.photoyard.immich.plugins.module_utils._client.api import Immich
from ansible_collections.photoyard.immich.plugins.module_utils._client.body import FormBody
from ansible_collections.photoyard.immich.plugins.module_utils._client.connection import ADMINS_KEY, ApiKey, Connection
from ansible_collections.photoyard.immich.plugins.module_utils._client.endpoints.albums import AlbumCalls
from ansible_collections.photoyard.immich.plugins.module_utils._client.endpoints.assets import upload_fields
from ansible_collections.photoyard.immich.plugins.module_utils._client.errors import (
    FileChanged,
    ImmichError,
    InvalidRequest,
    LocalFailure,
    MissingLibrary,
    RunFailed,
)
from ansible_collections.photoyard.immich.plugins.module_utils._client.values import Asset
from ansible_collections.photoyard.immich.plugins.module_utils._client.versions import Version
from ansible_collections.photoyard.immich.plugins.module_utils._copy.context import CopyOptions
from ansible_collections.photoyard.immich.plugins.module_utils._exports.export import Export, ExportOptions
from ansible_collections.photoyard.immich.plugins.module_utils._exports.layouts import (
    BY_NAME,
    SourceOptions,
    probe_folder,
    recognise,
)
from ansible_collections.photoyard.immich.plugins.module_utils._files.archives.archives import archive_items
from ansible_collections.photoyard.immich.plugins.module_utils._files.base import Batch, Item, Listener
from ansible_collections.photoyard.immich.plugins.module_utils._files.facts import NO_FACTS, ExportAlbum, Facts
from ansible_collections.photoyard.immich.plugins.module_utils._files.folders import scan
from ansible_collections.photoyard.immich.plugins.module_utils._files.folders.file_item import FileItem
from ansible_collections.photoyard.immich.plugins.module_utils._files.folders.folder import Folder, Root
from ansible_collections.photoyard.immich.plugins.module_utils._files.folders.scan import Scan
from ansible_collections.photoyard.immich.plugins.module_utils._files.folders.src_paths import FolderOptions
from ansible_collections.photoyard.immich.plugins.module_utils._files.live import LivePair, pair_items
from ansible_collections.photoyard.immich.plugins.module_utils._media.movie import Movie
from ansible_collections.photoyard.immich.plugins.module_utils._metadata.fields import in_xmp
from ansible_collections.photoyard.immich.plugins.module_utils._metadata.model import (
    NO_KEYWORDS,
    Keywords,
    LocalTime,
    Metadata,
    Position,
    Taken,
    UnreadableXmp,
)
from ansible_collections.photoyard.immich.plugins.module_utils._metadata.xmp import archive_sidecar, keywords_of, with_metadata
from ansible_collections.photoyard.immich.plugins.module_utils._naming.dates import NamedTime
from ansible_collections.photoyard.immich.plugins.module_utils._naming.stack_kinds import KINDS
from ansible_collections.photoyard.immich.plugins.module_utils._naming.stacks import Picture, PictureGroup
from ansible_collections.photoyard.immich.plugins.module_utils._options import argument_spec
from ansible_collections.photoyard.immich.plugins.module_utils._queues import names
from ansible_collections.photoyard.immich.plugins.module_utils._queues.jobs.manage import manage
from ansible_collections.photoyard.immich.plugins.module_utils._queues.jobs.results import describe
from ansible_collections.photoyard.immich.plugins.module_utils._queues.leases.leases import Leases
from ansible_collections.photoyard.immich.plugins.module_utils._queues.leases.ledger import LedgerOptions
from ansible_collections.photoyard.immich.plugins.module_utils._queues.leases.ledger_file import FileLedger
from ansible_collections.photoyard.immich.plugins.module_utils._queues.leases.ledger_server import ServerLedger
from ansible_collections.photoyard.immich.plugins.module_utils._queues.leases.ledgers import choose_ledger, open_leases
from ansible_collections.photoyard.immich.plugins.module_utils._queues.leases.record import LeaseRecord
from ansible_collections.photoyard.immich.plugins.module_utils._queues.names import CHAIN
from ansible_collections.photoyard.immich.plugins.module_utils._queues.options import LeaseOptions
from ansible_collections.photoyard.immich.plugins.module_utils._queues.processes import Owner, owners_here
from ansible_collections.photoyard.immich.plugins.module_utils._run.cancellation import Cancelled
from ansible_collections.photoyard.immich.plugins.module_utils._run.files_run import Hooks
from ansible_collections.photoyard.immich.plugins.module_utils._run.report import RunLines
from ansible_collections.photoyard.immich.plugins.module_utils._run.run import Run
from ansible_collections.photoyard.immich.plugins.module_utils._run.workers import BoundedQueue
from ansible_collections.photoyard.immich.plugins.module_utils._selection.selection import Selection
from ansible_collections.photoyard.immich.plugins.module_utils._stacks.run import StackOptions
from ansible_collections.photoyard.immich.plugins.module_utils._upload import check, pipeline
from ansible_collections.photoyard.immich.plugins.module_utils._upload.checksum_cache import ChecksumCache
from ansible_collections.photoyard.immich.plugins.module_utils._upload.combined_source import CombinedSource
from ansible_collections.photoyard.immich.plugins.module_utils._upload.hashing import Hasher
from ansible_collections.photoyard.immich.plugins.module_utils._upload.options import UploadOptions
from ansible_collections.photoyard.immich.plugins.module_utils._upload.organise.organiser import Organiser
from ansible_collections.photoyard.immich.plugins.module_utils._upload.organise.stored import StoredFile
from ansible_collections.photoyard.immich.plugins.module_utils._upload.run import upload

__all__ = [
    "ADMINS_KEY",
    "BY_NAME",
    "CHAIN",
    "KINDS",
    "LONGEST_WRITTEN",
    "NO_FACTS",
    "NO_KEYWORDS",
    "AlbumCalls",
    "AlbumRecord",
    "ApiKey",
    "ArchiveOptions",
    "ArchiveRecord",
    "ArchiveTree",
    "Asset",
    "Batch",
    "BoundedQueue",
    "Cancelled",
    "ChecksumCache",
    "CombinedSource",
    "Connection",
    "CopyOptions",
    "Export",
    "ExportAlbum",
    "ExportOptions",
    "Facts",
    "FileChanged",
    "FileItem",
    "FileLedger",
    "Folder",
    "FolderOptions",
    "FormBody",
    "Hasher",
    "Header",
    "Hooks",
    "Immich",
    "ImmichError",
    "InvalidRequest",
    "Item",
    "Keywords",
    "LeaseOptions",
    "LeaseRecord",
    "Leases",
    "LedgerOptions",
    "Listener",
    "LivePair",
    "LocalFailure",
    "LocalTime",
    "Metadata",
    "MissingLibrary",
    "Movie",
    "NamedTime",
    "Organiser",
    "Owner",
    "Picture",
    "PictureGroup",
    "Position",
    "RemovedRecord",
    "Root",
    "Run",
    "RunFailed",
    "RunLines",
    "Scan",
    "Selection",
    "ServerLedger",
    "SourceOptions",
    "StackOptions",
    "StoredFile",
    "Taken",
    "UnreadableXmp",
    "UploadOptions",
    "Version",
    "album_file",
    "archive_items",
    "archive_sidecar",
    "argument_spec",
    "check",
    "choose_ledger",
    "describe",
    "errors",
    "in_xmp",
    "keep_record",
    "keywords_of",
    "manage",
    "names",
    "open_leases",
    "owners_here",
    "pair_items",
    "parse_line",
    "pipeline",
    "probe_folder",
    "recognise",
    "scan",
    "upload",
    "upload_fields",
    "with_metadata",
]
