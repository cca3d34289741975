#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# The development environment: .venv with the hashed requirements, and collections/ansible_collections, where Ansible finds the collection.
. "$(dirname "$0")/lib.sh"

if ! python=$(find_python 3.12 3.14); then
  install_packages python3 python3-venv
  python=$(find_python 3.12 3.14) || fail 'A Python from 3.12 to 3.14 with the venv module is needed, and this system has none.'
fi
make_venv "$root/.venv" "$python" "$root"/requirements/{dev,openapi}.txt
link_tree
