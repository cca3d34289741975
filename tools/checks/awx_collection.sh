#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Puts the collection awx.awx, out of PyPI's package ansible, into .cache/awx/ansible_collections. Does nothing when it is there.
. "$(dirname "$0")/../lib.sh"

wanted=$root/requirements/awx.txt
folder=$cache/awx

mkdir -p "$folder"
exec 9>"$folder/lock"
flock 9 # several test processes may come here at once

cmp --silent "$wanted" "$folder/installed" && exit
python=$(find_python 3.12 3.14) || fail 'A Python from 3.12 to 3.14 with the venv module is needed, and this system has none.'
[ -x "$folder/pip/bin/pip" ] || "$python" -m venv "$folder/pip"
rm -rf "$folder"/*.whl "$folder/ansible_collections"
"$folder/pip/bin/pip" download --quiet --disable-pip-version-check --no-deps --require-hashes --dest "$folder" -r "$wanted"
"$python" - "$folder" <<'CODE'
import pathlib, sys, zipfile
folder = pathlib.Path(sys.argv[1])
(wheel,) = folder.glob("*.whl")
with zipfile.ZipFile(wheel) as archive:
    archive.extractall(folder, [name for name in archive.namelist() if name.startswith("ansible_collections/awx/awx/")])
wheel.unlink()
CODE
cp "$wanted" "$folder/installed"
