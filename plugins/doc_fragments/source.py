# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The connection to a server from which something comes."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of the options in `_module.SOURCE_CONNECTION`."""

    DOCUMENTATION = r"""
options:
  source_url:
    description:
      - Address of the Immich server to read from, as O(url) is that of the other one.
      - Required, unless it is set in the environment variable E(IMMICH_SOURCE_URL) of the managed host.
    type: str
  source_api_key:
    description:
      - API key of the user on the source whose library is read. Nothing is changed there.
      - If neither this nor O(source_api_key_file) is given, the environment variable E(IMMICH_SOURCE_API_KEY) of the managed host is used.
    type: str
  source_api_key_file:
    description:
      - File on the managed host that contains only the API key of the source. It takes precedence over O(source_api_key).
    type: path
  source_validate_certs:
    description:
      - Whether the TLS certificate of the source must be valid.
      - If this is not given, the environment variable E(IMMICH_SOURCE_VALIDATE_CERTS) of the managed host is used, unless it is empty.
    type: bool
    default: true
  source_ca_path:
    description:
      - As O(ca_path), for the source.
      - If this is not given, the environment variable E(IMMICH_SOURCE_CA_PATH) of the managed host is used, unless it is empty.
    type: path
  source_client_cert:
    description:
      - As O(client_cert), for the source.
    type: path
  source_client_key:
    description:
      - As O(client_key), for the source. Requires O(source_client_cert).
    type: path
  source_timeout:
    description:
      - As O(timeout), for the source.
    type: float
    default: 30
  source_retries:
    description:
      - As O(retries), for the source.
    type: int
    default: 4
  source_headers:
    description:
      - As O(headers), for the source.
    type: dict
"""
