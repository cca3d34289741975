#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# sign.sh ARTIFACT KEY: signs the artifact's MANIFEST.json with that key of GnuPG's, and writes beside the artifact what ansible-galaxy
# checks it with: MANIFEST.json.asc, the signature, and signing-key.asc, the public half of the key.
. "$(dirname "$0")/../lib.sh"

artifact=$1
key=$2
out=$(dirname "$artifact")

tar --extract --to-stdout --file "$artifact" MANIFEST.json |
  gpg --batch --yes --quiet --local-user "$key" --armor --detach-sign --output "$out/MANIFEST.json.asc" ||
  fail "The artifact could not be signed with the key $key; the message of gpg above says why."
gpg --batch --yes --quiet --armor --export --output "$out/signing-key.asc" "$key"
