# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A process that takes a lease, and has a guard."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from immich_emulator.testing import Emulator

from ..conftest import DEFAULTS
from .guarded import QUEUES, Guarded

# What a module does: it takes the lease for work of its own, or (as immich_jobs) for later tasks. It prints a line once that is done, and
# ends when a line comes in.
PROGRAM = """
import json, select, sys
from ansible_collections.photoyard.immich.plugins.module_utils._client.api import Immich
from ansible_collections.photoyard.immich.plugins.module_utils._client.connection import ApiKey, Connection
from ansible_collections.photoyard.immich.plugins.module_utils._client.errors import ImmichError
from ansible_collections.photoyard.immich.plugins.module_utils._options import from_params
from ansible_collections.photoyard.immich.plugins.module_utils._queues.jobs.guarded import guarded
from ansible_collections.photoyard.immich.plugins.module_utils._queues.jobs.manage import manage
from ansible_collections.photoyard.immich.plugins.module_utils._queues.guard import watch
from ansible_collections.photoyard.immich.plugins.module_utils._queues.guard.guard import start_guard
from ansible_collections.photoyard.immich.plugins.module_utils._queues.options import JobsOptions, PauseOptions
from ansible_collections.photoyard.immich.plugins.module_utils._queues import renewer
from ansible_collections.photoyard.immich.plugins.module_utils._run.run import TIME_FOR_A_GUARD, Run
from ansible_collections.photoyard.immich.plugins.module_utils._run.outcome import RunOutcome
from ansible_collections.photoyard.immich.plugins.module_utils._queues.pausing import begin_pauses, pause_around

url, key, params, how = json.loads(sys.stdin.readline())
watch._INTERVAL, watch._GLANCE, watch._HANDOVER, renewer._INTERVAL = 0.2, 0.1, 1.0, 0.2
client, options = Immich(Connection(url, ApiKey(key), timeout=60.0, retries=0)), from_params(JobsOptions, params)

def say(word):
    print(word, flush=True)

def work(pause):
    say("ready")
    if how == "unused":
        sys.stdin.readline()
        return {}
    begin_pauses([pause], lambda: None)
    say("held")
    while how == "busy" and not select.select([sys.stdin], [], [], 0.05)[0]:
        pause.beat()
    sys.stdin.readline()
    return {}

try:
    if how == "task":
        outcome = RunOutcome()
        with Run("task") as signals, guarded(client, options, False, signals, outcome) as held:
            outcome.result = signals.do(lambda: manage(client, held, False, signals.check), TIME_FOR_A_GUARD)
        say("held")
        sys.stdin.readline()
    else:
        guard = start_guard(client.connection, options.lease)
        options_of_pause = PauseOptions(options.queues, options.lease, wait=0.0)
        outcome = RunOutcome()
        with pause_around(client, options_of_pause, False, guard, outcome, lambda step, _grace: step()) as pause:
            outcome.result = work(pause)
        say(json.dumps(outcome.result["warnings"]))
except ImmichError as exc:
    say(exc.msg)
    sys.stdin.readline()
"""


class Holder(Guarded):
    """A process that takes a lease."""

    def __init__(self, server: Emulator, how: str, **given: Any) -> None:
        super().__init__(PROGRAM)
        params = {**DEFAULTS, "state": "paused", "lease": "nas", "queues": QUEUES, **given}
        self.write(json.dumps([server.url, server.admin_api_key, params, how]))

    def write(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def wait_for(self, word: str) -> Holder:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._remember_guard()
            if line.startswith(word):
                return self
        raise AssertionError("it ended without %s" % word)

    def _remember_guard(self) -> None:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        self._guard = int(children[0]) if children else self._guard

    def end(self) -> str:
        """Lets it come to its own end. Returns what it said then."""
        self.write("end")
        assert self.process.stdout is not None
        said = self.process.stdout.read()
        assert self.process.wait(180) == 0
        return said

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
