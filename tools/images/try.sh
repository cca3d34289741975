#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# try.sh KIND IMAGE: uploads photos in a container to the server that IMMICH_URL and the keys name, and looks whether it has them.
. "$(dirname "$0")/../lib.sh"

kind=$1
image=$2
count=3

work=$(mktemp -d)
mkdir "$work"/{photos,settings}
container=immich-try-$$
trap 'docker rm --force "$container" >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
"$root/.venv/bin/python" -c 'import pathlib, sys
from support.photos.jpegs import write_photos
write_photos(pathlib.Path(sys.argv[1]), int(sys.argv[2]), 1)' "$work/photos" "$count"
echo 'localhost ansible_connection=local ansible_python_interpreter="{{ ansible_playbook_python }}"' >"$work/settings/inventory"
echo '{immich_folder: /photos, immich_folder_quiet: 2, immich_folder_delay: 1}' >"$work/settings/vars.yml"
chmod -R a+rX "$work"

run() {
  docker run --name "$container" --network host --volume "$work/photos:/photos:ro" --volume "$work/settings:/settings:ro" \
    --env IMMICH_URL --env IMMICH_API_KEY --env IMMICH_ADMIN_API_KEY "$@"
}
uploaded() {
  curl --silent --fail --header "x-api-key: $IMMICH_API_KEY" "$IMMICH_URL/api/assets/statistics" | jq .total
}

case $kind in
  execution-environment)
    run "$image" ansible-playbook photoyard.immich.upload -i /settings/inventory -e '{"immich_upload_src": ["/photos"]}'
    ;;
  decision-environment)
    run --detach "$image" ansible-rulebook -r photoyard.immich.upload_when_quiet -i /settings/inventory --vars /settings/vars.yml
    for ((second = 0; second < 120; second++)); do
      [ "$(uploaded)" != "$count" ] || break
      sleep 1
    done
    docker logs "$container"
    ;;
esac
[ "$(uploaded)" = "$count" ] || fail "Of $count photos, the server has $(uploaded)."
