#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# release.sh VERSION [DRY_RUN]: makes a release of what is committed, in a clone, so that a failure leaves nothing behind: version,
# changelog, commit, tag, artifact, and what Galaxy says of it. Without DRY_RUN, ansible-test looks at it too, and publish.sh publishes it.
# With SIGNING_KEY, the name of a key of GnuPG's, the artifact is signed.
# A version that is tagged already, because publishing it failed, is built again from its tag and published.
. "$(dirname "$0")/../lib.sh"

version=${1:-}
dry=${2:-}
token=${GALAXY_TOKEN:-}
unset GALAXY_TOKEN # nothing but publishing is to see it

number='(0|[1-9][0-9]*)'
[[ $version =~ ^$number\.$number\.$number(-[0-9A-Za-z.-]+)?$ ]] ||
  fail "VERSION=$version is not a version. Three numbers are needed, as in: make release VERSION=1.2.0"
[ -n "$dry$token" ] ||
  fail 'GALAXY_TOKEN is not set. Put the API token of your account on Galaxy into the environment, or try the release with DRY_RUN=1.'
litter=$(git -C "$root" status --porcelain)
[ -z "$litter" ] || fail 'A release is made of what is committed. Commit or remove these first:' "$litter"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
clone=$work/collection
out=$cache/release
git clone --quiet "$root" "$clone"

if git -C "$clone" rev-parse --quiet --verify "refs/tags/$version" >/dev/null; then
  [ "$(git -C "$clone" rev-parse "$version^{commit}")" = "$(git -C "$clone" rev-parse HEAD)" ] ||
    fail "The tag $version is there already, on another commit. Choose the next version; or check that commit out, to publish it again."
else
  sed -i "s/^version: .*/version: $version/" "$clone/galaxy.yml"
  sed -i "s/^VERSION = \"[^\"]*\"/VERSION = \"$version\"/" "$clone/plugins/module_utils/_version.py"
  # the variable would have it describe the plugins of this checkout
  (cd "$clone" && env -u ANSIBLE_COLLECTIONS_PATH antsibull-changelog release --version "$version") >"$work/said" 2>&1 ||
    fail 'antsibull-changelog could not make the release:' "$(<"$work/said")"
  git -C "$clone" add --all
  git -C "$clone" commit --quiet --message "Release $version"
  git -C "$clone" tag --annotate --message "photoyard.immich $version" "$version"
fi

agrees() { # FILE LINE
  grep --quiet --line-regexp "$2" "$clone/$1" || fail "The tag is $version, but $1 says something else."
}
agrees galaxy.yml "version: $version"
agrees plugins/module_utils/_version.py "VERSION = \"$version\".*"
agrees changelogs/changelog.yaml "  $version:"

rm -rf "$out"
mkdir -p "$out"
"$clone/tools/build.sh" "$out" >/dev/null
artifact=$out/photoyard-immich-$version.tar.gz
[ -z "${SIGNING_KEY:-}" ] || "$clone/tools/release/sign.sh" "$artifact" "$SIGNING_KEY"
(cd "$out" && sha256sum "${artifact##*/}" >SHA256SUMS)
(cd "$clone" && antsibull-changelog generate --only-latest --output-format md --output "$out/notes.md" "$version") >"$work/said" 2>&1 ||
  fail 'antsibull-changelog could not write the notes:' "$(<"$work/said")"

export ARTIFACT=$artifact
"$root/tools/stage.sh" galaxy-importer "$root/tools/checks/importer.sh"
# what is released is the last commit that CI has seen, with a changelog: nothing that the dry form would find
[ -n "$dry" ] || "$root/tools/stage.sh" 'ansible-test sanity' "$root/tools/checks/ansible_test.sh" "$root/.venv" sanity --color no

echo
git -C "$clone" log -1 --stat --format='commit  %s' "$version^{commit}"
printf '\ntag     %s, pushed with it to %s\n' "$version" "$(git -C "$root" remote get-url origin 2>/dev/null || echo 'origin, which this checkout does not have')"
printf 'Galaxy  %s  %s\n' "${artifact##*/}" "$(cut -d' ' -f1 "$out/SHA256SUMS")"
[ -z "${SIGNING_KEY:-}" ] || printf 'signed  MANIFEST.json.asc  %s\n' "$SIGNING_KEY"
printf 'notes   %s\n\n%s\n' "$out/notes.md" "$(<"$out/notes.md")"
if [ -n "$dry" ]; then
  printf '\nNothing was published, and this checkout is as it was (DRY_RUN).\n'
else
  GALAXY_TOKEN=$token "$root/tools/release/publish.sh" "$clone" "$version" "$artifact"
fi
