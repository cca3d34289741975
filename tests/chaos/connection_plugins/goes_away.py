# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection `goes_away`: this machine, which cannot be reached any more while the file $GOES_AWAY exists."""

from __future__ import annotations

import os
from typing import Any

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.connection.local import Connection as Local

DOCUMENTATION = """
name: goes_away
short_description: This machine, until it goes away
description: Like the connection local; unreachable while the file exists that the controller's environment variable GOES_AWAY names.
author: photoyard.immich contributors (@photoyard)
options:
  become_success_timeout:
    description: As in the connection local.
    type: int
    default: 10
  become_strip_preamble:
    description: As in the connection local.
    type: bool
    default: true
extends_documentation_fragment: [connection_pipelining]
"""


class Connection(Local):  # type: ignore[misc]  # ansible-core has no types
    transport = "goes_away"

    def exec_command(self, *args: Any, **options: Any) -> Any:
        self._look()
        done = super().exec_command(*args, **options)
        self._look()
        return done

    def put_file(self, *args: Any, **options: Any) -> Any:
        self._look()
        return super().put_file(*args, **options)

    @staticmethod
    def _look() -> None:
        if os.path.exists(os.environ["GOES_AWAY"]):
            raise AnsibleConnectionFailure("it has gone away, as the test wanted")
