# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options for pausing background jobs while a module works."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of the options in `_paused.PAUSE`, but for those of the ledger, and of those in `_paused.SOURCE_PAUSE`."""

    DOCUMENTATION = r"""
options:
  pause_queues:
    description:
      - Queues of the server at O(url) to pause meanwhile, by name or group, as in M(photoyard.immich.immich_jobs).
      - They are paused when the first new file is about to be sent. If there is no new file, no queue is paused. At the end the module
        resumes exactly the queues that it paused, also after a failure or a signal. If the module is killed, its guard resumes them,
        normally within a second.
      - A queue that Immich resumes by itself in the meantime is paused again. Immich does this with C(metadataExtraction) when it starts.
      - Queues that an earlier run left paused are resumed in any case, once the lease of that run has expired.
    type: list
    elements: str
    default: []
  pause_wait:
    description:
      - How many seconds to wait for running jobs to finish before the first file is sent. V(0) means not to wait. The task does not wait
        any longer for a job that takes more time, such as the conversion of a video.
    type: float
    default: 60
  pause_required:
    description:
      - Whether the task fails if the key is not allowed to pause queues. By default the task continues without a pause, and RV(pause)
        says why.
    type: bool
    default: false
  resume_order:
    description:
      - V(together) resumes all queues at once at the end.
      - V(chain) resumes them one by one in the order of the upload chain, which spreads the load on a small server. The next queue is
        resumed when the previous one has nothing left to do or O(resume_step_timeout) is over. The task waits for this.
      - After a failure, and when the module is killed, the queues are resumed together.
    type: str
    choices: [together, chain]
    default: together
  resume_step_timeout:
    description: How many seconds to wait for each queue with O(resume_order=chain).
    type: float
    default: 600
  lease:
    description:
      - Name of the lease on the pause. It is renewed while the task makes progress, so that it does not expire during a long run.
      - With O(pause_queues), the default is a name that contains this host and the time. Without O(pause_queues), it is the name of a lease
        under which M(photoyard.immich.immich_jobs) has paused background jobs for this task.
    type: str
  lease_ttl:
    description:
      - For how many seconds the lease is taken and renewed. If the task makes no progress for this long, background jobs are resumed.
      - The guard does this if the whole process is stopped (SIGSTOP, a debugger). When the task goes on after that, it pauses them again,
        and a warning says so.
    type: float
    default: 900
  admin_api_key:
    description:
      - The administrator's API key, which is used to pause background jobs. If it is not set, the environment variable
        E(IMMICH_ADMIN_API_KEY) of the managed host is used, and O(api_key) if that is not set either.
      - A lease that is recorded in a file can be renewed with any key.
    type: str
  admin_api_key_file:
    description:
      - File on the managed host that contains only the administrator's API key. It takes precedence over O(admin_api_key).
    type: path
"""

    TWO_SERVERS = r"""
options:
  source_pause_queues:
    description:
      - Queues of the source to pause meanwhile, as O(pause_queues). The other options of the pause count for both servers.
      - The pause of the source has a lease and a guard of its own. The name of the lease is that of O(lease), followed by C((source)).
      - If both accounts are on one server, that is, if O(source_url) and O(url) are the same address, there is one pause of all of these
        queues.
    type: list
    elements: str
    default: []
  source_admin_api_key:
    description:
      - The API key of an administrator of the source, which is used to pause its background jobs. If it is not set, the environment
        variable E(IMMICH_SOURCE_ADMIN_API_KEY) of the managed host is used, and O(source_api_key) if that is not set either.
    type: str
  source_admin_api_key_file:
    description:
      - File on the managed host that contains only the API key of the source's administrator. It takes precedence over
        O(source_admin_api_key).
    type: path
"""
