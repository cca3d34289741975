#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Builds the documentation's web site into docs/build. Links to other projects' pages are resolved with DOCS_INTERSPHINX=1 only,
# because that asks their web sites.
. "$(dirname "$0")/lib.sh"

environment=$cache/docs-environment
make_venv "$environment" "$(find_python 3.12 3.14)" "$root/requirements/docs.txt"
export PATH=$environment/bin:$PATH

site=$cache/docs
rm -rf "$site"
mkdir -p "$site"
antsibull-docs sphinx-init --use-current --lenient --dest-dir "$site" --fail-on-error selfhosted.immich
if [ -z "${DOCS_INTERSPHINX:-}" ]; then
  echo 'intersphinx_mapping = {}' >>"$site/conf.py"
fi
cd "$site"
./build.sh
rm -rf "$root/docs/build"
cp -r build/html "$root/docs/build"
