#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Each file begins with its licence and a summary, so that a reader need not guess.
set -euo pipefail
# shellcheck source=tests/lint/common.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

licence='SPDX-License-Identifier: MIT'

while IFS= read -r file; do
  { read -r first && read -r second; } <"$file" || { complain "$file: shorter than two lines"; continue; }
  [[ $first == "// $licence" ]] || complain "$file:1: expected '// $licence'"
  own=${file##*/}
  own=${own%.cpp}.hpp
  case $second in
    '// '[A-Za-z0-9]*) ;;
    '#include "'*/"$own\"" | "#include \"$own\"")
      [[ $file == *.cpp ]] || complain "$file:2: expected a sentence that says what it is" ;; # its header has the sentence
    *) complain "$file:2: expected a sentence that says what it is, or the include of its own header that does" ;;
  esac
done < <(project_files '*.cpp' '*.hpp')

while IFS= read -r file; do
  lines=()
  mapfile -t -n 3 lines <"$file"
  [[ ${lines[0]:-} == '#!'* ]] || lines=('' "${lines[@]}") # a file to source
  [[ ${lines[1]:-} == "# $licence" ]] || complain "$file: expected '# $licence' first, or second after '#!'"
  [[ ${lines[2]:-} == '# '[A-Za-z0-9]* ]] || complain "$file: expected a sentence that says what it is after the licence"
done < <(shell_scripts)
finish "SPDX line first, then one sentence that says what the file is"
