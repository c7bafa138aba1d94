# SPDX-License-Identifier: MIT
# Sourced by the lints: the project's files, and the end of a lint.
# shellcheck shell=bash

# The meson test passes the source directory.
cd -- "$1" || exit 1

# The files that git knows or, in an unpacked archive, all but build directories; only those that match the glob(7) patterns.
project_files() {
  if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    git ls-files --cached -- "$@"
  else
    local pattern
    for pattern in "$@"; do
      find . -path './build*' -prune -o -path './.*' -prune -o -type f -path "./${pattern}" -print | sed 's,^\./,,'
    done | sort -u
  fi | while IFS= read -r file; do
    [[ ! -f $file ]] || printf '%s\n' "$file" # git lists a file that is deleted but not yet committed
  done
}

# Files whose first line calls a shell, whatever they are called.
shell_scripts() {
  local file first
  project_files '*' | while IFS= read -r file; do
    IFS= read -r first 2>/dev/null <"$file" || true # bash tells of NUL bytes in a binary file
    case $first in
      '#!'*[/\ ]bash* | '#!'*/sh*) printf '%s\n' "$file" ;;
      *) [[ $file != *.sh && $file != *.bash ]] || printf '%s\n' "$file" ;;
    esac
  done
}

skip() {
  printf 'skipped: %s\n' "$*"
  exit 77
}

need() {
  command -v "$1" >/dev/null || skip "$1 is not installed"
}

complaints=0
complain() {
  printf '%s\n' "$*"
  complaints=$((complaints + 1))
}

# Ends the lint: with its rule, if anything broke it.
finish() {
  ((complaints == 0)) || { printf '%d breach(es) of the rule: %s\n' "$complaints" "$*"; exit 1; }
}
