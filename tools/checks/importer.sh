#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# What Galaxy says to the built artifact, how it renders README, and what it finds in plugins of Event-Driven Ansible; an error or a warning
# of its importer fails, and a finding.
. "$(dirname "$0")/../lib.sh"

exec 9>"$cache/importer.lock"
flock 9 # a test may make a release at the same time

environment=$cache/importer
make_venv "$environment" "$(find_python 3.12 3.14)" "$root/requirements/importer.txt"
built=$cache/importer-artifact
"$root/tools/build.sh" "$built"
# Automation Hub takes no version before 1.0.0, and a candidate for 1.0.0 is one
candidates=("$built"/photoyard-immich-*-*.tar.gz)
[ -e "${candidates[0]}" ] && v1=False || v1=True

cat >"$cache/galaxy-importer.cfg" <<CFG
[galaxy-importer]
RUN_ANSIBLE_TEST = False
RUN_ANSIBLE_DOC = True
RUN_ANSIBLE_LINT = False
CHECK_REQUIRED_TAGS = True
REQUIRE_V1_OR_GREATER = $v1
CHECK_CHANGELOG = True
CFG
export PATH=$environment/bin:$PATH GALAXY_IMPORTER_CONFIG=$cache/galaxy-importer.cfg
cd "$built"
said=$(python -m galaxy_importer.main ./photoyard-immich-*.tar.gz 2>&1) || fail "$said"
if grep -E 'ERROR|WARNING' <<<"$said"; then exit 1; fi
PYTHONPATH=$root/tests python -m documentation.galaxy

rm -rf "$built/collection"
mkdir "$built/collection"
tar --extract --gzip --file photoyard-immich-*.tar.gz --directory "$built/collection"
python "$root/tools/checks/lint_eda.py" "$built/collection"
