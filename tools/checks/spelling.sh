#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Finds misspelt words everywhere, and American ones in what users read. American are those that codespell would make of British ones, but for
# words that the British have too, and for names: an organization of AWX, the header Authorization, Immich's colour gray.
. "$(dirname "$0")/../lib.sh"

both='artifacts?|authorization|focus\w+|gray|licen[cs]\w+|math|organizations?|practi\w+|programs?|routing|stor\w+|writable'
pairs=$("$root/.venv/bin/python" -c 'import codespell_lib; print(*codespell_lib.__path__)')/data/dictionary_en-GB_to_en-US.txt
american=$cache/american-words.txt
mkdir -p "$cache"
sed -nE 's/^(\w+)->(\w+)$/\2->\1/p' "$pairs" | grep -vE "^($both)->" >"$american"

cd "$root"
wrong=0
codespell . .github || wrong=1
# what is marked as code, keys of YAML, values in quotes and lists of values are names
# shellcheck disable=SC2016  # the backticks are those of Markdown and RST
codespell --dictionary "$american" --ignore-regex '`+[^`]+`+|\b[A-Z]\([^)]*\)|^ *[\w-]+:|"[^"]*"|\[[^]]*\]|^ *- \w+$' \
  ./*.md .github docs/docsite changelogs/fragments roles/*/README.md roles/*/meta plugins/modules plugins/doc_fragments plugins/filter extensions || wrong=1
exit $wrong
