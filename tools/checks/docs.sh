#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# docs.sh [environment]: builds the documentation's web site into docs/build, checks its links, and looks at its pages with a browser. A
# warning is an error.
# With the argument, it only installs what that needs.
. "$(dirname "$0")/../lib.sh"

environment=$cache/docs-environment
make_venv "$environment" "$(find_python 3.12 3.14)" "$root/requirements/docs.txt"
[ "${1:-}" != environment ] || exit 0
export PATH=$environment/bin:$PATH
link_tree

site=$cache/docs
docsite=$root/docs/docsite
rm -rf "$site"
mkdir -p "$site/rst"
chmod og-w "$site/rst" # antsibull-docs asks for that
antsibull-docs collection --use-current --fail-on-error --squash-hierarchy --dest-dir "$site/rst" photoyard.immich
python -m documentation.contents "$docsite" "$site/rst"
cp -r "$docsite/images" "$site/rst/images"
sphinx-build -M html "$site/rst" "$site/build" -c "$root/tests/documentation" -n -W --keep-going
rm -rf "$root/docs/build"
cp -r "$site/build/html" "$root/docs/build"
python -m documentation.check "$root/docs/build"
python -m documentation.look "$root/docs/build"
