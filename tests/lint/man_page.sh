#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every command and option that `baton --help` and `baton COMMAND --help` name is in the manual page.
set -euo pipefail
baton=$(realpath -- "$2")
# shellcheck source=tests/lint/common.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

page=$(project_files '*baton.1*' | head -n 1)
[[ -n $page ]] || skip "there is no manual page baton.1 yet"
manual=$(sed 's/\\-/-/g' -- "$page")

options_of() { grep -oE -- '(^|[ ,])--[a-z][a-z-]*' | tr -d ' ,' | sort -u; }
in_manual() { grep -E -- "(^|[^a-z-])$1([^a-z-]|\$)" <<<"$manual" >/dev/null; }

help=$("$baton" --help)
mapfile -t commands < <(sed -n '/^Subcommands:/,/^[^ ]/s/^  \([a-z-]*\) .*/\1/p' <<<"$help")
((${#commands[@]} >= 6)) || complain "only ${#commands[@]} commands found in 'baton --help': this lint no longer reads it"
for command in '' "${commands[@]}"; do
  [[ -z $command ]] || in_manual "$command" || complain "$page: the command '$command' is missing"
  while IFS= read -r option; do
    in_manual "$option" || complain "$page: '$option' of 'baton $command' is missing"
  done < <("$baton" ${command:+"$command"} --help | options_of)
done
finish "every command and option is in the manual page"
