# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each server needs, imported and compiled in the process that servers are forked from: tests start some thousands of them.

The patterns of all paths are compiled by making an application, which nobody uses: the module `re` keeps them.
"""

from __future__ import annotations

import encodings.idna  # that, and what is of uvicorn here, would be imported when a server begins to listen
from pathlib import Path
from tempfile import TemporaryDirectory

import uvicorn.lifespan.off
import uvicorn.loops.uvloop
import uvloop
from PIL import Image

import immich_emulator.cli
from immich_emulator.app import application
from immich_emulator.immich import Immich, Options
from immich_emulator.versions import RECORDED

__all__ = ["encodings", "immich_emulator", "uvicorn", "uvloop"]

with TemporaryDirectory(prefix="immich-emulator-") as folder:
    immich = Immich(RECORDED[-1], Path(folder), Options())
    application(immich, lambda seconds: None)
    immich.close()

# All formats of pictures: the first upload that is no JPEG would import them, in each server.
Image.init()
