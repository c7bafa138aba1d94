#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A folder under src/ includes only from the folders that docs/ARCHITECTURE.md allows it, so that each can be read, tested and
# replaced without those above.
set -euo pipefail
# shellcheck source=tests/lint/common.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

# The headers that a folder may include, as a pattern of "folder/header".
declare -A may=(
  [base]='base/*'
  [sd]='sd/*|base/*'
  [site/directory]='site/directory/*|base/*'
  [site/listen]='site/listen/*|site/directory/*|base/*'
  [site/conf]='site/conf/*|site/listen/*|base/*'
  [site/release]='site/*|base/*'
  [load]='load/*|base/*'
  [deploy]='deploy/*|site/*|sd/*|base/*'
  [doctor]='doctor/*|deploy/*|site/*|sd/*|base/*'
  [cli]='cli/*|doctor/*|deploy/*|site/*|sd/*|load/*|base/*'
  [exec]='exec/*|base/*'
  [hello]='hello/*'
  [precompiled]='precompiled/*'
  [libbaton/http]='libbaton/http/*'
  [libbaton/io]='libbaton/io/*|base/*'
  [libbaton/request]='libbaton/request/*|libbaton/io/*|libbaton/http/*|base/*'
  [libbaton/reply]='libbaton/reply/*|libbaton/io/*|libbaton/http/*|base/*'
  [libbaton/route]='libbaton/route/*|libbaton/reply/*|libbaton/io/*|libbaton/http/*|base/*'
  [libbaton/connection]='libbaton/connection/*|libbaton/reply/*|libbaton/request/*|libbaton/io/*|libbaton/http/*|base/*'
  [libbaton/work]='libbaton/work/*|libbaton/connection/*|libbaton/route/*|libbaton/reply/*|libbaton/request/*|libbaton/io/*|libbaton/http/*|base/*'
  [libbaton]='libbaton/*|base/*|sd/notify.hpp|sd/inherited_sockets.hpp'
)

allowed() {
  local folder=$1 header=$2 pattern
  [[ $header == */* ]] || return 0 # beside the file
  local IFS='|'
  for pattern in ${may[$folder]}; do
    # shellcheck disable=SC2053 # a pattern it is
    [[ $header != $pattern ]] || return 0
  done
  return 1
}

seen=0
while IFS= read -r file; do
  folder=${file#src/}
  folder=${folder%/*}
  [[ -n ${may[$folder]:-} ]] || folder=${folder%%/*} # one without an inner order
  [[ -n ${may[$folder]:-} ]] || { complain "$file: the folder src/$folder has no rule in $0"; continue; }
  while IFS=: read -r line header; do
    seen=$((seen + 1))
    allowed "$folder" "$header" || complain "$file:$line: src/$folder may not include \"$header\""
  done < <(sed -nE '/^[[:space:]]*#[[:space:]]*include[[:space:]]*"/{=;s/[^"]*"([^"]*)".*/\1/p}' "$file" | paste -d: - -)
  while IFS= read -r line; do
    case $folder/$line in
      sd/*) ;;
      */*'<systemd/'*) complain "$file: only src/sd may include from libsystemd: $line" ;;
    esac
    case $file in
      src/hello/* | src/libbaton/*) ;;
      *) [[ $line != *'<baton/'* ]] || complain "$file: libbaton's public headers are for programs: $line" ;;
    esac
  done < <(grep -E '^[[:space:]]*#[[:space:]]*include[[:space:]]*<(systemd|baton)/' "$file" || true)
done < <(project_files 'src/*.hpp' 'src/*.cpp')

while IFS= read -r file; do
  ! grep -Hn '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' "$file" || complain "$file: a public header includes a private one"
done < <(project_files 'src/libbaton/include/*.hpp')

((seen > 100)) || complain "only $seen includes found: this lint no longer reads them"
finish "base <- sd, site, load <- deploy <- doctor <- cli; hello only <baton/...>; libbaton only base and sd's notify and inherited_sockets"
