# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`import_plugins.py`: imports each file of `plugins` as Ansible's collection loader does, with the ansible-core of this Python.

Prints how many, and fails with the first that cannot be imported; a warning, such as of something deprecated, is an error.
"""

from __future__ import annotations

import sys
import warnings
from importlib import import_module
from pathlib import Path

import ansible.plugins.loader  # makes Python find collections
from ansible.release import __version__

PLUGINS = Path(__file__).parents[2] / "plugins"


def main() -> int:
    """Returns 0."""
    # finds collections below ANSIBLE_COLLECTIONS_PATH
    ansible.plugins.loader.init_plugin_loader()
    names = [
        ".".join(("ansible_collections.photoyard.immich.plugins", *path.relative_to(PLUGINS).with_suffix("").parts))
        for path in sorted(PLUGINS.rglob("*.py"))
        if path.name != "__init__.py"
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in names:
            import_module(name)
    print(f"{len(names)} files on ansible-core {__version__}, Python {sys.version.split()[0]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
