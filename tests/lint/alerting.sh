#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The alert rules pass their tests, the dashboard is JSON, and every metric that either names exists: an alert on a misspelt name never fires.
set -euo pipefail
baton=$(realpath -- "$2")
promtool_directory=$(realpath -m -- "$3")
# shellcheck source=tests/lint/common.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

rules=alerting/baton.rules.yml
dashboard=alerting/grafana-dashboard.json
page=docs/METRICS.md

# Without a site, status tells each family. Those of a release are in the page, which a test of libbaton compares.
status=$("$baton" status --metrics 2>/dev/null) || skip 'this host has sites, and its systemd does not answer'
mapfile -t of_sites < <(sed -n 's/^# TYPE \([a-z_]*\) .*/\1/p' <<<"$status")
((${#of_sites[@]} >= 12)) || complain "only ${#of_sites[@]} metrics found in 'baton status --metrics': this lint no longer reads them"
# shellcheck disable=SC2016 # they are the page's
mapfile -t in_page < <(grep -oE '^\| `(baton|process)_[a-z_]+`' "$page" | grep -oE '[a-z_]{5,}')

is_among() {
  local wanted=$1 name
  shift
  for name; do [[ $name != "$wanted" ]] || return 0; done
  return 1
}

for name in "${of_sites[@]}"; do
  is_among "$name" "${in_page[@]}" || complain "$page: '$name' is missing"
done
for name in "${in_page[@]}"; do
  [[ $name != baton_site_* && $name != baton_host_* ]] || is_among "$name" "${of_sites[@]}" || complain "$page: there is no '$name'"
done
for file in "$rules" alerting/baton.rules.test.yml "$dashboard"; do
  while IFS= read -r name; do
    is_among "${name%_bucket}" "${of_sites[@]}" "${in_page[@]}" || complain "$file: there is no metric '$name'"
  done < <(grep -oE '\b(baton|process)_[a-z_]+' "$file" | sort -u)
done
for name in "${of_sites[@]}"; do
  grep -qw -- "$name" "$dashboard" "$rules" || complain "$dashboard, $rules: neither shows '$name'"
done

while IFS= read -r line; do complain "$dashboard: $line"; done < <(python3 - "$dashboard" <<'END'
import json, sys
board = json.load(open(sys.argv[1]))
ids = [panel["id"] for panel in board["panels"]]
if len(ids) < 5 or len(ids) != len(set(ids)):
    print("fewer than five panels, or two with one id")
for panel in board["panels"]:
    if not panel["targets"] or not all(target["expr"] for target in panel["targets"]):
        print(f"the panel '{panel['title']}' shows nothing")
    at = panel["gridPos"]
    if at["x"] + at["w"] > 24:
        print(f"the panel '{panel['title']}' is beyond the right edge")
END
)

# Each alert is tested, and its description says what to type.
while IFS= read -r alert; do
  grep -q "alertname: $alert\b" alerting/baton.rules.test.yml || complain "alerting/baton.rules.test.yml: no test of $alert"
done < <(sed -n 's/^ *- alert: //p' "$rules")
((complaints == 0)) || finish 'metrics, alerts and dashboard agree'

tool=$PWD/tools/promtool
status=0
"$tool" "$promtool_directory" --version >/dev/null 2>&1 || status=$?
((status != 77)) || skip 'there is no promtool'
"$tool" "$promtool_directory" check rules "$rules" || complain "$rules: promtool refuses it"
(cd alerting && "$tool" "$promtool_directory" test rules baton.rules.test.yml) || complain "$rules: its tests fail"
"$baton" status --metrics | "$tool" "$promtool_directory" check metrics || complain "'baton status --metrics' is not as Prometheus wants it"
finish 'metrics, alerts and dashboard agree, and the rules pass their tests'
