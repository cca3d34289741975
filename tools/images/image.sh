#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# image.sh KIND [VERSION]: builds an image for the processor of this machine, and uploads photos in it. With VERSION, what was tried is then
# pushed to the registry as VERSION-PROCESSOR, with a list of what is in it (SBOM). It needs Docker.
. "$(dirname "$0")/../lib.sh"

kind=$1
version=${2:-}

command -v docker >/dev/null || fail 'Images are built with Docker, which is not here.'
folder=$cache/images/$kind
rm -rf "$folder"
"$root/tools/images/context.sh" "$kind" "$folder"

# the builder that comes with Docker writes no SBOM
docker buildx inspect immich >/dev/null 2>&1 || docker buildx create --name immich --driver docker-container >/dev/null
build() {
  docker buildx build --builder immich --file "$folder/context/Containerfile" "$@" "$folder/context"
}
build --load --tag "immich-$kind"
"$root/tools/checks/with_server.sh" "$root/tools/images/try.sh" "$kind" "immich-$kind"
if [ -n "$version" ]; then
  # the layers are those that were built and tried just now
  build --push --sbom=true --provenance=mode=max --tag "$(image_name "$kind"):$version-$(uname -m)"
fi
