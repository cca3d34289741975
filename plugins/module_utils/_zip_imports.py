# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Imports out of a ZIP file, as which Ansible sends a module to its host, in half the time. Private to the collection.

Before Python executes a module it asks the module's loader for the name of the file, and `zipimport` compiles the module to answer that
(3.8 to 3.14). Then it compiles the module once more. The name can be told from the ZIP file's directory just as well.

Up to Python 3.9 it also executes a module in a way in which Python does not see that this goes on, so that a second thread that imports
it meanwhile gets half of it.

Loading makes many objects, of which next to none is garbage: Python's search for unused cycles of them would only cost time.
"""

from __future__ import annotations

import gc
import os
import sys
from importlib.abc import InspectLoader
from zipimport import zipimporter


class _Importer(zipimporter, InspectLoader):  # the latter executes a module as any other loader does
    def get_filename(self, fullname: str) -> str:
        path = os.path.join(self.archive, self.prefix + fullname.rpartition(".")[2])
        return os.path.join(path, "__init__.py") if self.is_package(fullname) else path + ".py"


def load_quickly() -> None:
    """From now on, until `gc.enable` is called. Does nothing where the collection itself does not lie in a ZIP file."""
    if not isinstance(globals().get("__loader__"), zipimporter):
        return
    gc.disable()
    sys.path_hooks[:] = [_Importer if hook is zipimporter else hook for hook in sys.path_hooks]
    for path, finder in list(sys.path_importer_cache.items()):
        if isinstance(finder, zipimporter):
            del sys.path_importer_cache[path]
