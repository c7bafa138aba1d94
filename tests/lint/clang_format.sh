#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# clang-format decides the layout of all C++, so that no diff and no review is about white space.
set -euo pipefail
# shellcheck source=tests/lint/common.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

need clang-format
mapfile -t files < <(project_files 'src/*.cpp' 'src/*.hpp' 'tools/*.cpp' 'tools/*.hpp' 'tests/*.cpp' 'tests/*.hpp')
((${#files[@]} > 50)) || complain "only ${#files[@]} files found: this lint no longer finds them"
clang-format --dry-run -Werror -- "${files[@]}" || complain "clang-format -i FILE mends it"
# Where the versions of Debian 12 and 13 differ most often, and only one of them is here.
while IFS= read -r found; do complain "$found: write '= {}', clang-format 14 and 19 lay '{}' out differently"; done < <(
  grep -nE '^ *struct [A-Za-z_]+ [A-Za-z_]+ ?\{\};' -- "${files[@]}" || true
)
finish "clang-format leaves every file as it is"
