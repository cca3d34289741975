# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The connection options that every module has."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of the options in `_module.CONNECTION`, and of what every module returns on failure.

    `ADMIN` stands before it in modules with `_module.ADMIN_CONNECTION`.
    """

    ADMIN = r"""
options:
  api_key:
    description:
      - API key of an administrator, made in Immich's web interface under Account Settings → API Keys.
      - If neither this nor O(api_key_file) is given, the environment variable E(IMMICH_ADMIN_API_KEY) and then E(IMMICH_API_KEY) of the
        host that runs the module is used.
    type: str
"""

    DOCUMENTATION = r"""
options:
  url:
    description:
      - Address of the Immich server, such as V(https://photos.example.com), with or without V(/api) and a slash at its end.
      - When only the root is given, the API is found through C(/.well-known/immich).
      - Redirects are never followed, so that the key stays with this host; the error names the address to use.
      - Required, unless the environment variable E(IMMICH_URL) or E(IMMICH_INSTANCE_URL) of the host that runs the module gives it.
    type: str
  api_key:
    description:
      - API key, made in Immich's web interface under Account Settings → API Keys.
      - If neither this nor O(api_key_file) is given, the environment variable E(IMMICH_API_KEY) of the host that runs the module is used.
    type: str
  api_key_file:
    description:
      - File on the host that runs the module which holds the API key and nothing else.
      - It wins over O(api_key). With it, the key is not part of what Ansible sends to the host.
    type: path
  validate_certs:
    description:
      - Whether the server's TLS certificate must be valid.
    type: bool
    default: true
  ca_path:
    description:
      - File or folder with the certificate authorities to trust, for a server with a certificate of a private authority.
    type: path
  client_cert:
    description:
      - Client certificate in PEM format, for a proxy that asks for one. It may hold its key as well.
    type: path
  client_key:
    description:
      - Private key of O(client_cert), if that file does not hold it. Needs O(client_cert).
    type: path
  timeout:
    description:
      - Seconds without any progress (while connecting, or between two bytes) after which an attempt is given up, more than 0 and at
        most 86400.
      - An answer must be whole within ten times as long, once it has been asked for. The time for sending a file is not limited.
    type: float
    default: 30
  retries:
    description:
      - How often a call is tried again after a failure that may pass, with growing pauses.
      - C(Retry-After) is honoured up to two minutes.
      - Reads and uploads are always repeated, other calls only when repeating them is safe. What cannot pass, such as a key that is
        not accepted, is not tried again.
    type: int
    default: 4
  headers:
    description:
      - Further HTTP headers to send, for a proxy in front of Immich (such as those of Cloudflare Access). Values are in Latin-1.
    type: dict
requirements:
  - Python 3.8 or later, and the Python library requests, on the host that runs the module
notes:
  - Immich 1.135 or later is supported.
  - An answer of more than 64 MiB (unpacked) is an error; a list of 90,000 albums is smaller.
  - Proxies from the environment (E(HTTPS_PROXY), E(NO_PROXY) and so on) of the host that runs the module are used.
  - On failure the module returns RV(ignore:failure), a dictionary with C(kind), C(status), C(method), C(path), C(correlation_id) and
    C(details), so that a playbook can tell failures apart. C(kind) is one of V(auth), V(permission), V(not_found), V(validation),
    V(quota), V(maintenance), V(redirect), V(proxy), V(tls), V(unreachable), V(timeout), V(server), V(version) and V(local).
"""
