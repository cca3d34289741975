# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes every task result of a playbook run, and its closing numbers, as JSON lines into the file $JSON_LINES."""

from __future__ import annotations

import json
import os
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: json_lines
type: aggregate
short_description: JSON lines for the tests
description: A line a task result and a closing line with the numbers of each host.
requirements: [the environment variable JSON_LINES names the file]
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]  # ansible-core has no types
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "json_lines"
    CALLBACK_NEEDS_ENABLED = True

    def v2_runner_on_ok(self, result: Any) -> None:
        self._task(result, "changed" if self._result(result).get("changed") else "ok")

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._task(result, "ignored" if ignore_errors else "failed")

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._task(result, "skipped")

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._task(result, "unreachable")

    def v2_playbook_on_stats(self, stats: Any) -> None:
        self._write({"stats": {host: stats.summarize(host) for host in stats.processed}})

    @staticmethod
    def _result(result: Any) -> dict[str, Any]:
        # ansible-core 2.19 made it public
        found: dict[str, Any] = result.result if hasattr(result, "result") else result._result
        return found

    def _task(self, result: Any, status: str) -> None:
        task = result.task if hasattr(result, "task") else result._task
        host = result.host if hasattr(result, "host") else result._host
        self._write(
            {
                "task": {
                    "name": task.get_name(),
                    "action": task.action,
                    "host": host.get_name(),
                    "status": status,
                    "result": self._result(result),
                }
            }
        )

    def _write(self, line: dict[str, Any]) -> None:
        with open(os.environ["JSON_LINES"], "a", encoding="utf-8") as file:
            file.write(json.dumps(line, default=str) + "\n")
