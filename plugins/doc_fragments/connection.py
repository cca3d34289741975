# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The connection options that every module has."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of the options in `_module.CONNECTION`, and of what every module returns on failure.

    Modules with `_module.ADMIN_CONNECTION` list `ADMIN` before it.
    """

    ADMIN = r"""
options:
  api_key:
    description:
      - API key of an administrator. Create it in Immich's web interface under Account Settings → API Keys.
      - If neither this nor O(api_key_file) is given, the environment variable E(IMMICH_ADMIN_API_KEY) of the managed host is used, and
        E(IMMICH_API_KEY) if that is not set either.
    type: str
"""

    DOCUMENTATION = r"""
options:
  url:
    description:
      - Address of the Immich server, such as V(https://photos.example.com), with or without V(/api) and a trailing slash.
      - Without V(/api), the address of the API is looked up at C(/.well-known/immich).
      - Redirects are never followed, so that the key is not sent to another host. If the server redirects, the error names the address to
        use.
      - Required, unless it is set in the environment variable E(IMMICH_URL) or E(IMMICH_INSTANCE_URL) of the managed host.
    type: str
  api_key:
    description:
      - API key. Create it in Immich's web interface under Account Settings → API Keys.
      - If neither this nor O(api_key_file) is given, the environment variable E(IMMICH_API_KEY) of the managed host is used.
    type: str
  api_key_file:
    description:
      - File on the managed host that contains only the API key.
      - It takes precedence over O(api_key). With a file, Ansible does not send the key to the managed host.
    type: path
  validate_certs:
    description:
      - Whether the server's TLS certificate must be valid.
      - If this is not given, the environment variable E(IMMICH_VALIDATE_CERTS) of the managed host is used, unless it is empty.
    type: bool
    default: true
  ca_path:
    description:
      - File or folder with the certificate authorities to trust, for a server whose certificate comes from a private authority.
      - If this is not given, the environment variable E(IMMICH_CA_PATH) of the managed host is used, unless it is empty.
    type: path
  client_cert:
    description:
      - Client certificate in PEM format, for a proxy that requires one. The file may also contain the private key.
    type: path
  client_key:
    description:
      - Private key of O(client_cert), if that file does not contain it. Requires O(client_cert).
    type: path
  timeout:
    description:
      - After how many seconds without progress (while connecting, or between two bytes) an attempt is given up, more than 0 and at most
        86400.
      - A complete answer must arrive within ten times this period after the request was sent. The time for sending a file is not limited.
      - A file that is downloaded must arrive with at least 1 KiB per second. It may be slower for ten times this period.
    type: float
    default: 30
  retries:
    description:
      - How many times to retry a call after a temporary failure, with increasing delays.
      - The header C(Retry-After) is respected up to two minutes.
      - Reads and uploads are always retried, other calls only if that is safe. Permanent failures, such as a key that is not accepted, are
        not retried.
    type: int
    default: 4
  headers:
    description:
      - Additional HTTP headers to send, for a proxy in front of Immich (such as Cloudflare Access). Values may contain only Latin-1
        characters.
    type: dict
requirements:
  - Python 3.8 or later, and the Python library requests, on the managed host
notes:
  - Immich 1.135 or later is supported.
  - An answer of more than 64 MiB (after decompression) is an error. This is enough for a list of 90,000 albums.
  - Proxies are taken from the environment of the managed host (E(HTTPS_PROXY), E(NO_PROXY) and so on).
  - On failure, the module returns RV(ignore:failure), a dictionary with C(kind), C(status), C(method), C(path), C(correlation_id),
    C(details) and C(options), so that a playbook can distinguish failures. C(options) are those of the module that the failure is about, by
    their names in this documentation. C(kind) is one of V(auth), V(permission), V(not_found), V(validation),
    V(quota), V(maintenance), V(redirect), V(proxy), V(tls), V(unreachable), V(timeout), V(server), V(version),
    V(integrity), V(incomplete) and V(local).
"""
