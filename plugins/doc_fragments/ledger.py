# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options that say where leases are recorded."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of the options in `_module.LEDGER`."""

    DOCUMENTATION = r"""
options:
  ledger:
    description:
      - Where leases are recorded, before anything is paused.
      - V(file) keeps them in O(ledger_dir) on the host that runs the module. All runs on that host that pause queues of one server, by
        the same O(url) and as the same user, see each other's leases.
      - V(server) keeps them on the Immich server, as one empty album for each lease among the albums of the key's user, with a name that
        says what it is. It is meant for hosts that do not last, and for several hosts. All runs need keys of one user, with
        the scopes C(album.read), C(album.create), C(album.update) and C(album.delete).
      - V(auto) is V(server) inside an application container (Docker, Podman, Kubernetes), unless O(ledger_dir) is given or the key
        lacks the scopes; otherwise it is V(file). Leases that have run out are looked for in both places, as far as the key allows.
      - A ledger or an album that is damaged is never trusted. The file is set aside and the album is left alone, with a warning.
    type: str
    choices: [auto, file, server]
    default: auto
  ledger_dir:
    description:
      - The folder for a O(ledger) of V(file). It must be on a local disk and belong to one user. A file of another user in it is
        a failure, and stays as it is.
      - The default is the folder C(selfhosted.immich) in the user's state folder, E(XDG_STATE_HOME) or C(~/.local/state).
    type: path
"""
