#!/usr/bin/env bash
# Installs what is missing for the build, and with "test" for the tests too: Debian packages, and
# a Python environment in .venv that leaves the system's Python alone.
#
#   tools/install.sh [test]
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=tools/steps.sh
. tools/steps.sh

build_packages=(
  ca-certificates ccache clang-19 cmake lld-19 ninja-build pkg-config
  libboost1.81-dev libcli11-dev libfmt-dev libisal-dev libpugixml-dev libre2-dev libsimdjson-dev
  libsqlite3-dev libssl-dev libtomlplusplus-dev
  awscli procps python3 python3-pip python3-venv tzdata
)
test_packages=(clang-format-19 git libgmock-dev libgtest-dev)

missing_packages() { # PACKAGE...
  local package
  for package in "$@"; do
    dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q ' installed$' || echo "$package"
  done
}

apt() {
  local -a as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 "$@"
}

install_packages() {
  apt update && apt install --yes --no-install-recommends "$@"
}

need_packages() { # PACKAGE...
  local -a missing
  if ! command -v apt-get >/dev/null; then
    echo "  This system has no apt-get. Needed, by their Debian names:" "$@" >&2
    return 0
  fi
  mapfile -t missing < <(missing_packages "$@")
  [ "${#missing[@]}" -gt 0 ] || return 0
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "Missing packages: ${missing[*]}" >&2
      echo "Run this as root once, or install sudo." >&2
      return 1
    fi
    sudo -v # asks for the password while a person can see it
  fi
  run_step "${#missing[@]} Debian packages" build/log/apt.log install_packages "${missing[@]}"
}

make_venv() { # REQUIREMENTS
  [ -x .venv/bin/pip ] || /usr/bin/python3 -m venv .venv || return
  .venv/bin/pip install --disable-pip-version-check --requirement "$1"
}

# .venv/.has-NAME holds what was last installed of tools/NAME.txt.
need_python() { # NAME
  local list=tools/$1.txt stamp=.venv/.has-$1
  if [ -x .venv/bin/python ] && cat tools/requirements.txt "$list" | cmp -s - "$stamp"; then return 0; fi
  run_step "Python packages of $list" "build/log/$1.log" make_venv "$list" || return
  cat tools/requirements.txt "$list" >"$stamp"
}

case ${1:-build} in
  build)
    need_packages "${build_packages[@]}"
    need_python requirements
    ;;
  test)
    need_packages "${build_packages[@]}" "${test_packages[@]}"
    need_python requirements-test
    ;;
  *)
    echo "usage: tools/install.sh [test]" >&2
    exit 2
    ;;
esac
