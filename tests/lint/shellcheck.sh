#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every shell script passes shellcheck and stops at its first error: scripts set machines up as root.
set -euo pipefail
# shellcheck source=tests/lint/common.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

need shellcheck
mapfile -t scripts < <(shell_scripts)
((${#scripts[@]} > 5)) || complain "only ${#scripts[@]} scripts found: this lint no longer finds them"
shellcheck --external-sources --source-path=. -- "${scripts[@]}" || complain "shellcheck has something to say"
for script in "${scripts[@]}"; do
  [[ $(head -n 1 -- "$script") == '#!'* ]] || continue # to be sourced: the other script's business
  [[ $(grep -cE '^set -euo pipefail( |$)' -- "$script") -ge 1 ]] || complain "$script: no 'set -euo pipefail'"
done
finish "shellcheck clean, set -euo pipefail"
