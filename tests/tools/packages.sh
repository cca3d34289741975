#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# The Debian packages that the tests need: installed where this user may, else named.
. "$(dirname "$0")/lib.sh"

missing=()
need() {
  PATH=$PATH:/usr/sbin command -v "$1" >/dev/null || missing+=("$2")
}
need git git
need gpg gnupg
need ssh openssh-client
need sshd openssh-server
need shellcheck shellcheck
need borg borgbackup
need restic restic
need pg_ctlcluster postgresql
need java default-jre-headless
need jq jq
need promtool prometheus
[ ${#missing[@]} = 0 ] || install_packages "${missing[@]}"
