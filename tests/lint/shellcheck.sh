#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every shell script passes shellcheck and stops at its first error, because scripts set up machines as root.
set -euo pipefail
# shellcheck source=tests/lint/common.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

need shellcheck
mapfile -t scripts < <(shell_scripts)
((${#scripts[@]} > 5)) || complain "only ${#scripts[@]} scripts found: this lint no longer finds them"
shellcheck --external-sources --source-path=. -- "${scripts[@]}" || complain "shellcheck has something to say"
for script in "${scripts[@]}"; do
  IFS= read -r first <"$script"
  case $script/$first in
    debian/baton.*) wanted='set -e' ;; # what debhelper adds reads parameters that may be absent
    *'#!'*bash*) wanted='set -euo pipefail' ;;
    *'#!'*) wanted='set -eu' ;; # sh(1) has no pipefail before POSIX.1-2024
    *) continue ;;             # to be sourced: the other script's business
  esac
  grep -qE "^$wanted( |\$)" -- "$script" || complain "$script: no '$wanted'"
done
finish "shellcheck clean, and stops at the first error"
