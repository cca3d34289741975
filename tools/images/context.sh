#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# context.sh KIND FOLDER: what an image is built from, in FOLDER/context, with the artifact of this checkout; KIND is execution-environment or
# decision-environment. It needs no containers.
. "$(dirname "$0")/../lib.sh"

kind=$1
folder=$2

definition=$root/tools/images/$kind.yml
[ -f "$definition" ] || fail "KIND=$kind is not a kind of image. There are execution-environment and decision-environment."
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
"$root/tools/build.sh" "$folder" >/dev/null
mv "$folder"/photoyard-immich-*.tar.gz "$folder/photoyard-immich.tar.gz"
cp "$definition" "$root/tools/images/run_and_wait.py" "$folder"
cd "$folder"
"$root/tools/builder.sh" create --file "$kind.yml" --context context --output-filename Containerfile

# the command's own first process comes behind the init that ansible-builder names
sed -i 's/^\(ENTRYPOINT \[.*"\)\]$/\1, "run_and_wait"]/' context/Containerfile
grep -q '^ENTRYPOINT .*"run_and_wait"\]$' context/Containerfile || fail 'The Containerfile by ansible-builder has no ENTRYPOINT to add run_and_wait to.'
