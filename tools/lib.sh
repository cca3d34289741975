# shellcheck shell=bash
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by the scripts beside it.
set -euo pipefail

# shellcheck disable=SC2034  # used where this is sourced
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
mkdir -p "$root/.cache"
cache=$(cd "$root/.cache" && pwd -P) # a link in the tests' checkouts, of which no path may stay in what is installed

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

# install_packages NAME...: Debian packages, where this user may; else it names them and fails.
install_packages() {
  local as_root=()
  [ "$(id -u)" = 0 ] || as_root=(sudo -n)
  if ! command -v apt-get >/dev/null || ! "${as_root[@]}" true 2>/dev/null; then
    fail "Install these packages first: sudo apt-get install $*"
  fi
  echo "Installing Debian packages: $*" >&2
  "${as_root[@]}" apt-get -qq update
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends "$@" >/dev/null
}

# find_python MIN MAX: prints the newest Python whose version lies in MIN..MAX (as 3.12), or fails.
# Each candidate is run: a version manager's shim may stand on PATH without a Python behind it.
find_python() {
  local minor candidate versions
  versions=("${PYENV_ROOT:-$HOME/.pyenv}"/versions/*/bin/python)
  for ((minor = ${2#3.}; minor >= ${1#3.}; minor--)); do
    for candidate in "python3.$minor" "/usr/bin/python3.$minor" "/usr/local/bin/python3.$minor" python3 /usr/bin/python3 "${versions[@]}"; do
      if "$candidate" -c "import sys, ensurepip; sys.exit(sys.version_info[:2] != (3, $minor))" 2>/dev/null; then
        "$candidate" -c 'import sys; print(sys.executable)'
        return
      fi
    done
  done
  return 1
}

# get_python MIN MAX: find_python, and where there is none, the one that uv can install, if it can.
get_python() {
  find_python "$@" && return
  "$(find_uv)" python install --quiet --install-dir "$cache/python" "$2" 2>/dev/null &&
    "$(find_uv)" python find --no-project --managed-python "$2"
}

# find_uv: prints a working uv; one from PyPI is put into .cache where there is none.
find_uv() {
  local python
  if uv --version >/dev/null 2>&1; then
    echo uv
    return
  fi
  if ! [ -x "$cache/uv/bin/uv" ]; then
    python=$(find_python 3.9 3.14) || fail 'No Python with the venv module was found (Debian: apt-get install python3-venv).'
    "$python" -m venv "$cache/uv"
    "$cache/uv/bin/python" -m pip install --quiet uv >&2 || fail "uv could not be installed; pip's message above says why."
  fi
  echo "$cache/uv/bin/uv"
}

# trust_as_pip PYTHON: lets uv trust the certificate authorities that pip trusts, since it reads nothing of pip's configuration.
# Where neither says anything, it trusts those of this system, if there are any; left alone, it knows only the ones that it brings.
trust_as_pip() {
  local file
  [ -z "${SSL_CERT_FILE:-}${SSL_CERT_DIR:-}" ] || return 0
  for file in "${PIP_CERT:-}" "$(pip_cert "$1")" "${REQUESTS_CA_BUNDLE:-}"; do
    if [ -f "$file" ]; then
      export SSL_CERT_FILE=$file
      return
    fi
  done
  for file in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem; do
    # newer versions of uv know the second name
    [ ! -f "$file" ] || export UV_NATIVE_TLS=${UV_NATIVE_TLS:-true} UV_SYSTEM_CERTS=${UV_SYSTEM_CERTS:-true}
  done
}

# pip_cert PYTHON: prints what pip's configuration calls cert. pip itself need not be installed.
pip_cert() {
  "$1" - <<'CODE'
import configparser, os

own, home = os.environ.get("PIP_CONFIG_FILE", ""), os.path.expanduser("~")
folders = ["/etc/xdg/pip", "/etc", home + "/.pip", os.environ.get("XDG_CONFIG_HOME", home + "/.config") + "/pip"]
config = configparser.RawConfigParser()
config.read([] if own == os.devnull else [folder + "/pip.conf" for folder in folders] + [own])
print(config.get("global", "cert", fallback=""))
CODE
}

# link_tree: makes collections/ansible_collections/photoyard/immich, where ansible-playbook and mypy find the collection. pytest-ansible
# looks for it there too, and would otherwise fill it with links to what lies in the checkout at that moment. A link that is there stays:
# tests may run that read through it.
link_tree() {
  local link=$root/collections/ansible_collections/photoyard/immich
  [ "$(readlink "$link")" != ../../.. ] || return 0
  mkdir -p "${link%/*}"
  ln -sfn ../../.. "$link"
}

# make_venv DIR PYTHON REQUIREMENTS...: a virtual environment with exactly these packages; does nothing while they are unchanged, and
# else says what it does, on standard error: make server prints lines that are copied.
# What is used of them is compiled when it is used first: all of it would take longer than to install it.
make_venv() {
  local dir=$1 python=$2 wanted uv
  shift 2
  wanted=$("$python" - "$@" <<'CODE'
import hashlib, pathlib, sys

print("Python " + sys.version.split()[0], *(hashlib.sha256(pathlib.Path(name).read_bytes()).hexdigest() for name in sys.argv[1:]), sep="\n")
CODE
)
  if [ -x "$dir/bin/python" ] && [ "$(cat "$dir/.made-from" 2>/dev/null)" = "$wanted" ]; then
    return
  fi
  echo "Installing Python packages into ${dir#"$root/"}: ${*#"$root/"}. This may take some minutes, and is done only when they change." >&2
  uv=$(find_uv) || exit 1
  trust_as_pip "$python"
  [ -x "$dir/bin/python" ] || "$uv" venv --quiet --python "$python" "$dir"
  for file; do
    "$uv" pip install --quiet --python "$dir/bin/python" --require-hashes --no-deps -r "$file" ||
      fail "The packages of $file could not be installed; uv's message above says why." \
        'Behind a proxy that has a certificate authority of its own: export SSL_CERT_FILE=/path/to/its/certificates.pem, then try again.' \
        'With a package index of your own: export UV_INDEX_URL=https://…, since uv does not read the one in pip.conf.'
  done
  printf '%s' "$wanted" >"$dir/.made-from"
}

devel_core='ansible-core @ https://github.com/ansible/ansible/archive/devel.tar.gz'

# versions WHAT...: see versions.py.
versions() {
  "$root/.venv/bin/python" "$root/tools/versions.py" "$@"
}

# core_environment CORE: prints the virtual environment that has this ansible-core of tests/versions.yml, made where it is not there yet;
# without CORE, that of the newest; for `devel`, what is being developed now, with the packages of the newest there is. Prints nothing where
# this machine has no Python for it and gets none. The tests need Python 3.12.
core_environment() {
  local line newest oldest python environment=$root/.venv
  if [ "$1" = devel ]; then
    line=$(versions beside-cores | tail -n 1)
    environment=$(core_environment "${line%% *}")
    [ -n "$environment" ] || return 0
    "$(find_uv)" pip install --quiet --python "$environment/bin/python" --reinstall-package ansible-core --no-deps "$devel_core" >&2
    rm -f "$environment/.made-from" # the next make_venv installs what is locked again
  elif [ -n "$1" ]; then
    line=$(versions core "$1") || fail "tests/versions.yml has no ansible-core $1."
    if [ -e "$root/requirements/core-$1.txt" ]; then
      read -r _ newest oldest <<<"$line"
      python=$(get_python "$oldest" "$newest") || return 0
      environment=$cache/core-$1
      make_venv "$environment" "$python" "$root/requirements/core-$1.txt" >&2
    fi
  fi
  echo "$environment"
}

# oldest_core: prints the first ansible-core of tests/versions.yml.
oldest_core() {
  local all
  all=$(versions older-cores) && echo "${all%% *}"
}

# image_name KIND: prints the name of a published image.
image_name() {
  echo "ghcr.io/photoyard/immich/$1"
}
