# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options for where leases are recorded."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of the options in `_queues.leases.ledger.LedgerOptions`."""

    DOCUMENTATION = r"""
options:
  ledger:
    description:
      - Where leases are recorded, before anything is paused.
      - V(file) records them in O(ledger_dir) on the managed host. Runs on this host that use the same O(url) and the same user see each
        other's leases.
      - V(server) records them on the Immich server. Each lease is an empty album of the key's user, whose name says what it is for. Use
        this for hosts that are short-lived, and if several hosts pause queues. All runs need keys of the same user, with the scopes
        C(album.read), C(album.create), C(album.update) and C(album.delete).
      - V(auto) means V(server) inside an application container (Docker, Podman, Kubernetes), unless O(ledger_dir) is given or the key
        lacks the scopes. Otherwise it means V(file). Expired leases are looked for in both places, as far as the key allows.
      - A damaged ledger is not used. A damaged file is renamed, a damaged album is left alone, and a warning says so.
      - If the file or an album of a lease is deleted while queues are paused, the task or its guard records the lease again, or resumes the
        queues.
    type: str
    choices: [auto, file, server]
    default: auto
  ledger_dir:
    description:
      - The folder for the ledger with O(ledger=file). It must be on a local disk and be used by one user only. If the ledger in it belongs
        to another user, the task fails and leaves it unchanged.
      - The default is the folder C(photoyard.immich) in the user's state folder, which is E(XDG_STATE_HOME) or C(~/.local/state).
    type: path
"""
