#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Each message id of the journal has a catalog entry and vice versa, so that `journalctl -x` explains every message.
set -euo pipefail
# shellcheck source=tests/lint/common.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

events=src/deploy/tell/events.hpp
catalog=systemd/baton.catalog

ids=$(grep -oE '"[0-9a-f]{32}"' "$events" | tr -d '"')
entries=$(sed -nE 's/^-- ([0-9a-f]{32})$/\1/p' "$catalog")
kinds=$(sed -n '/^enum class Event/,/^};/p' "$events" | grep -cE '^[[:space:]]+[a-z_]+,')

while IFS= read -r id; do complain "$events: $id has no entry in $catalog"; done \
  < <(comm -23 <(sort -u <<<"$ids") <(sort -u <<<"$entries"))
while IFS= read -r id; do complain "$catalog: $id is no id of $events"; done \
  < <(comm -13 <(sort -u <<<"$ids") <(sort -u <<<"$entries"))
while IFS= read -r id; do complain "$id stands twice"; done < <(sort <<<"$ids" | uniq -d; sort <<<"$entries" | uniq -d)
((kinds == $(wc -l <<<"$ids"))) || complain "$events: $kinds kinds of events, $(wc -l <<<"$ids") ids"

# Each entry: a subject, who defines it, where it is documented, an empty line, and what to do.
while IFS= read -r id; do
  entry=$(sed -n "/^-- $id\$/,/^-- /p" "$catalog" | sed '1d;/^-- /d')
  for header in Subject Defined-By Documentation; do
    [[ $entry == *"$header: "* ]] || complain "$catalog: $id has no $header:"
  done
  [[ $(sed '1,/^$/d' <<<"$entry") == *[a-z]* ]] || complain "$catalog: $id says nothing"
done <<<"$entries"
finish "message ids and catalog in lock-step"
