#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# The Debian packages that the tests need: installed where this user may, else named.
. "$(dirname "$0")/lib.sh"

missing=()
need() {
  PATH=$PATH:/usr/sbin command -v "$1" >/dev/null || missing+=("$2")
}
need git git
need ssh openssh-client
need sshd openssh-server
need shellcheck shellcheck
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" != 0 ]; then
  as_root=(sudo -n)
fi
if command -v apt-get >/dev/null && "${as_root[@]}" true 2>/dev/null; then
  echo "Installing: ${missing[*]}"
  "${as_root[@]}" apt-get -qq update
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends "${missing[@]}" >/dev/null
else
  fail "The tests need these packages: ${missing[*]}" "Install them first: sudo apt-get install ${missing[*]}"
fi
