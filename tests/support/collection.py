# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests use most of plugins/module_utils, under one short name."""

from __future__ import annotations

from ansible_collections.selfhosted.immich.plugins.module_utils._archive.tree import Tree
from ansible_collections.selfhosted.immich.plugins.module_utils._archive_format.record import parse_line
from ansible_collections.selfhosted.immich.plugins.module_utils._client import errors
from ansible_collections.selfhosted.immich.plugins.module_utils._client.api import Immich
from ansible_collections.selfhosted.immich.plugins.module_utils._client.body import FormBody
from ansible_collections.selfhosted.immich.plugins.module_utils._client.connection import ApiKey, Connection
from ansible_collections.selfhosted.immich.plugins.module_utils._client.endpoints.assets import upload_fields
from ansible_collections.selfhosted.immich.plugins.module_utils._client.errors import (
    FileChanged,
    ImmichError,
    InvalidRequest,
    LocalFailure,
    RunFailed,
)
from ansible_collections.selfhosted.immich.plugins.module_utils._metadata.model import NO_KEYWORDS, Metadata, Position
from ansible_collections.selfhosted.immich.plugins.module_utils._metadata.xmp import for_other_programs, with_metadata
from ansible_collections.selfhosted.immich.plugins.module_utils._queues import names
from ansible_collections.selfhosted.immich.plugins.module_utils._queues.jobs.results import describe
from ansible_collections.selfhosted.immich.plugins.module_utils._queues.leases.leases import Leases
from ansible_collections.selfhosted.immich.plugins.module_utils._queues.leases.ledger import LedgerOptions
from ansible_collections.selfhosted.immich.plugins.module_utils._queues.leases.ledger_file import FileLedger
from ansible_collections.selfhosted.immich.plugins.module_utils._queues.leases.ledger_server import ServerLedger
from ansible_collections.selfhosted.immich.plugins.module_utils._queues.leases.ledgers import choose_ledger, open_leases
from ansible_collections.selfhosted.immich.plugins.module_utils._queues.options import LeaseOptions, jobs_options
from ansible_collections.selfhosted.immich.plugins.module_utils._queues.processes import Owner, owners_here
from ansible_collections.selfhosted.immich.plugins.module_utils._run.cancellation import Cancelled, Signals
from ansible_collections.selfhosted.immich.plugins.module_utils._run.report import RunLines
from ansible_collections.selfhosted.immich.plugins.module_utils._run.run import Hooks
from ansible_collections.selfhosted.immich.plugins.module_utils._sources.archives.archives import archive_items
from ansible_collections.selfhosted.immich.plugins.module_utils._sources.base import Batch, Item, Listener
from ansible_collections.selfhosted.immich.plugins.module_utils._sources.exports.export import Export, ExportOptions
from ansible_collections.selfhosted.immich.plugins.module_utils._sources.exports.layouts import BY_NAME, recognise
from ansible_collections.selfhosted.immich.plugins.module_utils._sources.facts import NO_FACTS, ExportAlbum, Facts
from ansible_collections.selfhosted.immich.plugins.module_utils._sources.folders import scan
from ansible_collections.selfhosted.immich.plugins.module_utils._sources.folders.file_item import FileItem
from ansible_collections.selfhosted.immich.plugins.module_utils._sources.folders.places import FolderOptions
from ansible_collections.selfhosted.immich.plugins.module_utils._sources.folders.scan import Scan
from ansible_collections.selfhosted.immich.plugins.module_utils._sources.naming.stack_kinds import KINDS
from ansible_collections.selfhosted.immich.plugins.module_utils._upload import check, pipeline
from ansible_collections.selfhosted.immich.plugins.module_utils._upload.hashing import Hasher

__all__ = [
    "BY_NAME",
    "KINDS",
    "NO_FACTS",
    "NO_KEYWORDS",
    "ApiKey",
    "Batch",
    "Cancelled",
    "Connection",
    "Export",
    "ExportAlbum",
    "ExportOptions",
    "Facts",
    "FileChanged",
    "FileItem",
    "FileLedger",
    "FolderOptions",
    "FormBody",
    "Hasher",
    "Hooks",
    "Immich",
    "ImmichError",
    "InvalidRequest",
    "Item",
    "LeaseOptions",
    "Leases",
    "LedgerOptions",
    "Listener",
    "LocalFailure",
    "Metadata",
    "Owner",
    "Position",
    "RunFailed",
    "RunLines",
    "Scan",
    "ServerLedger",
    "Signals",
    "Tree",
    "archive_items",
    "check",
    "choose_ledger",
    "describe",
    "errors",
    "for_other_programs",
    "jobs_options",
    "names",
    "open_leases",
    "owners_here",
    "parse_line",
    "pipeline",
    "recognise",
    "scan",
    "upload_fields",
    "with_metadata",
]
