#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# ansible_test.sh ENVIRONMENT COMMAND...: runs ansible-test of that environment's core on the built artifact.
#
# ansible-test refuses a symlinked tree, so it gets a copy. Its --venv downloads a script that brings pip from a host which
# is not a package registry; a script of the same name in its cache, which takes pip from PyPI's wheel, spares it that.
. "$(dirname "$0")/../lib.sh"

environment=$1
shift
export PATH=$environment/bin:$PATH
core=$(python -c 'import ansible.release; print(ansible.release.__version__)')
python=$(python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
work=$cache/ansible-test/$core-$1
copy=$work/ansible_collections/photoyard/immich

mkdir -p "$copy/tests"
exec 8>"$work.lock"
flock 8 # a test may make a release at the same time

# what ansible-test installed stays from run to run, the collection does not
find "$copy" -mindepth 1 -maxdepth 1 ! -name tests -exec rm -rf {} +
find "$copy/tests" -mindepth 1 -maxdepth 1 ! -name output -exec rm -rf {} +
"$root/tools/build.sh" "$work" >/dev/null
tar --extract --gzip --file "$work"/photoyard-immich-*.tar.gz --directory "$copy"
cp -r "$root/tests/integration" "$copy/tests/"
# else it asks the repository around it, which ignores all this
git init --quiet "$copy"
echo /tests/output/ >"$copy/.git/info/exclude"

home=$cache/home
pip=$(python - <<'CODE'
import pathlib, re, ansible_test
source = pathlib.Path(ansible_test.__path__[0], "_internal", "python_requirements.py").read_text()
print(re.search(r"pip='([\d.]+)'", source)[1])
CODE
)
seed=$home/.ansible/test/cache/get_pip_${pip//./_}.py
exec 9>"$cache/ansible-test/lock"
flock 9 # two of these may run at once
if ! [ -e "$seed" ]; then
  [ -x "$cache/pip/bin/pip" ] || "$(find_python 3.9 3.14)" -m venv "$cache/pip"
  "$cache/pip/bin/pip" download --quiet --no-deps --dest "${seed%/*}" "pip==$pip"
  cat >"$seed" <<CODE
import pathlib, runpy, sys
sys.path.insert(0, str(pathlib.Path(__file__).with_name("pip-$pip-py3-none-any.whl")))
options = [option for option in sys.argv[1:] if option not in ("--no-setuptools", "--no-wheel")]
sys.argv[1:] = ["install", "--upgrade", "--force-reinstall", *options]
runpy.run_module("pip", run_name="__main__")
CODE
fi
exec 9>&-

# where a proxy or an index of one's own is set up for pip
if [ -d "$HOME/.config/pip" ]; then
  mkdir -p "$home/.config"
  ln -sfn "$HOME/.config/pip" "$home/.config/pip"
fi
export HOME=$home
cd "$copy"
ansible-test "$@" --venv --python "$python" 8>&-
