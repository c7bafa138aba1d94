#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Each manual page reads the same everywhere: scdoc, groff and mandoc have nothing to say about it.
set -euo pipefail
# shellcheck source=tests/lint/common.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

need scdoc
need groff
need mandoc

scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
mapfile -t pages < <(project_files 'docs/man/*.scd')
((${#pages[@]} >= 4)) || complain "only ${#pages[@]} manual pages found: this lint no longer finds them"
for source in "${pages[@]}"; do
  page=$scratch/$(basename -- "$source" .scd)
  scdoc <"$source" >"$page" || { complain "$source: scdoc does not read it"; continue; }
  while IFS= read -r said; do complain "$source: groff: $said"; done < <(groff -ww -mandoc -Kutf8 -Tutf8 -z -- "$page" 2>&1 || true)
  # It skips the empty paragraphs that scdoc writes before and after a section.
  while IFS= read -r said; do complain "$source: mandoc: $said"; done \
    < <(mandoc -T lint -W warning -- "$page" 2>&1 | grep -v 'skipping paragraph macro: PP' || true)
done
finish "the manual pages render without a warning"
