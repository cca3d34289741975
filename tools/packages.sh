#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# packages.sh [check]: the Debian packages that `make test` needs, and with the argument those of the other tests too: installed where this
# user may, else named.
. "$(dirname "$0")/lib.sh"

missing=()
reasons=()
need() { # PROGRAM PACKAGE REASON
  PATH=$PATH:/usr/sbin command -v "$1" >/dev/null && return
  missing+=("$2")
  reasons+=("$2 ($3)")
}
need git git 'builds of the artifact'
need ssh openssh-client 'uploads over ssh'
need sshd openssh-server 'uploads over ssh'
need shellcheck shellcheck 'lint of scripts'
if [ "${1:-}" = check ]; then
  need gpg gnupg 'signatures of releases'
  need borg borgbackup 'backups with borg'
  need restic restic 'backups with restic'
  need pg_ctlcluster postgresql 'proofs of backups'
  need java default-jre-headless 'rulebooks'
  need jq jq 'commands in the documentation'
  need promtool prometheus 'rules for alerts'
  command -v google-chrome >/dev/null || need chromium chromium "a look at the documentation's pages"
fi
[ ${#missing[@]} = 0 ] && exit
printf -v listed '%s, ' "${reasons[@]}"
echo "Missing Debian packages: ${listed%, }" >&2
install_packages "${missing[@]}"
