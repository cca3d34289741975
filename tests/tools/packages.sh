#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# packages.sh [docs]: the Debian packages that the tests, or only the documentation, need: installed where this user may, else named.
. "$(dirname "$0")/lib.sh"

missing=()
need() {
  PATH=$PATH:/usr/sbin command -v "$1" >/dev/null || missing+=("$2")
}
if [ "${1:-}" != docs ]; then
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
fi
need hunspell hunspell
[ -e /usr/share/hunspell/en_GB.dic ] || [ -e "$HOME/.local/share/hunspell/en_GB.dic" ] || missing+=(hunspell-en-gb)
[ ${#missing[@]} = 0 ] || install_packages "${missing[@]}"
