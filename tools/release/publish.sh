#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# publish.sh CLONE VERSION ARTIFACT: pushes the clone's commit and tag to this checkout's origin, then brings the artifact to Galaxy, with the
# token that GALAXY_TOKEN holds. In this order, because what Galaxy has cannot be taken back, and has to be what a public tag says.
. "$(dirname "$0")/../lib.sh"

clone=$1
version=$2
artifact=$3
token=$GALAXY_TOKEN
unset GALAXY_TOKEN

branch=$(git -C "$root" symbolic-ref --short HEAD) || fail 'This checkout is on no branch that the release could be pushed to.'
git -C "$clone" remote set-url origin "$(git -C "$root" remote get-url origin)"
git -C "$clone" push --quiet --atomic origin "HEAD:refs/heads/$branch" "refs/tags/$version"
git -C "$root" pull --quiet --ff-only --tags "$clone" "$branch"

# ansible-galaxy reads a token from its command line, which everyone on the machine can see, from a file, or from these
export ANSIBLE_GALAXY_SERVER_LIST=release
export ANSIBLE_GALAXY_SERVER_RELEASE_URL=${GALAXY_URL:-https://galaxy.ansible.com}
ANSIBLE_GALAXY_SERVER_RELEASE_TOKEN=$token ansible-galaxy collection publish "$artifact" ||
  fail "The tag $version is pushed, but Galaxy does not have the artifact. The same command tries again."
echo "photoyard.immich $version is published."
