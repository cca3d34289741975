#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# publish.sh KIND VERSION: joins the images of both processors under VERSION and latest, and signs them with cosign as the workflow that runs
# this. Anyone can then check who built them.
. "$(dirname "$0")/../lib.sh"

kind=$1
version=$2

name=$(image_name "$kind")
docker buildx imagetools create --tag "$name:$version" --tag "$name:latest" "$name:$version-x86_64" "$name:$version-aarch64"
digest=$(docker buildx imagetools inspect "$name:$version" --format '{{.Manifest.Digest}}')
cosign sign --yes --recursive "$name@$digest"
cosign verify "$name@$digest" --certificate-oidc-issuer https://token.actions.githubusercontent.com \
  --certificate-identity-regexp '^https://github.com/photoyard/immich/' >/dev/null
echo "$name:$version is published as $digest."
