# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""File permissions that hold for tests which run as root, too."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from support.playbooks.playbook import TARGET_PYTHON


def python_that_obeys_permissions(folder: Path) -> Path:
    """A Python for modules that cannot read what it has no permission for, even where it belongs to root."""
    if os.geteuid() != 0:
        return Path(TARGET_PYTHON)
    program = folder / "python-without-override"
    dropped = "-dac_override,-dac_read_search"
    program.write_text(f'#!/bin/sh\nexec setpriv --bounding-set={dropped} --inh-caps={dropped} {shlex.quote(TARGET_PYTHON)} "$@"\n')
    program.chmod(0o700)
    return program
