#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The packages have the version of meson.build, a program for each test of theirs, and a reason for each override of lintian.
set -euo pipefail
# shellcheck source=tests/lint/common.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

version=$(sed -n "s/^  version: '\(.*\)',/\1/p" meson.build)
[[ -n $version ]] || complain "meson.build: no version found: this lint no longer reads it"
found=$(sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)
[[ $found == "$version" ]] || complain "debian/changelog: version '$found', expected '$version' as in meson.build"
found=$(sed -n 's/^Version: *//p' packaging/rpm/baton.spec)
[[ $found == "$version" ]] || complain "packaging/rpm/baton.spec: version '$found', expected '$version' as in meson.build"

while IFS= read -r file; do
  while IFS= read -r line; do complain "$file:$line: no reason, a comment, in the line above"; done < <(
    awk '/^[^#]/ && before !~ /^#/ { print NR } { before = $0 }' "$file")
done < <(project_files 'debian/*lintian-overrides')

while IFS= read -r test; do
  [[ -x debian/tests/$test ]] || complain "debian/tests/control: there is no program debian/tests/$test"
done < <(sed -n 's/^Tests: //p' debian/tests/control)
finish "the packages agree with the sources"
