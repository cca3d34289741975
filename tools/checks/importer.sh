#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# What Galaxy says to the built artifact, and how it renders README; an error or a warning of its importer fails.
. "$(dirname "$0")/../lib.sh"

environment=$cache/importer
make_venv "$environment" "$(find_python 3.12 3.14)" "$root/requirements/importer.txt"
"$root/tools/build.sh" "$cache/importer-artifact"

cat >"$cache/galaxy-importer.cfg" <<'CFG'
[galaxy-importer]
RUN_ANSIBLE_TEST = False
RUN_ANSIBLE_DOC = True
RUN_ANSIBLE_LINT = False
CHECK_REQUIRED_TAGS = True
REQUIRE_V1_OR_GREATER = False
CHECK_CHANGELOG = True
CFG
export PATH=$environment/bin:$PATH GALAXY_IMPORTER_CONFIG=$cache/galaxy-importer.cfg
cd "$cache/importer-artifact"
said=$(python -m galaxy_importer.main ./photoyard-immich-*.tar.gz 2>&1) || fail "$said"
if grep -E 'ERROR|WARNING' <<<"$said"; then exit 1; fi
PYTHONPATH=$root/tests python -m documentation.galaxy
