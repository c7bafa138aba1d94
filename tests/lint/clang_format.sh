#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# clang-format decides the layout of all C++, so that no diff and no review is about white space.
set -euo pipefail
# shellcheck source=tests/lint/common.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

need clang-format
# Each version lays a few things out differently; that of Debian 12 decides.
version=$(clang-format --version | grep -oE '[0-9]+' | head -n 1)
if ((version != 14)); then
  echo "skipped: this is clang-format $version, 14 decides"
  exit 77
fi
mapfile -t files < <(project_files 'src/*.cpp' 'src/*.hpp' 'tools/*.cpp' 'tools/*.hpp' 'tests/*.cpp' 'tests/*.hpp')
((${#files[@]} > 50)) || complain "only ${#files[@]} files found: this lint no longer finds them"
clang-format --dry-run -Werror -- "${files[@]}" || complain "clang-format -i FILE mends it"
finish "clang-format leaves every file as it is"
