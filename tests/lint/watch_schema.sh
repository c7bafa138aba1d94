#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The schema, which editors use to complete watch.conf, has the keys that baton reads, and requires the same ones.
set -euo pipefail
# shellcheck source=tests/lint/common.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

source_file=src/site/conf/conf_keys.cpp
schema=conf/watch.schema.json
example=conf/watch.conf

# Defaults and words are compared by tests/unit/test_site_conf_keys.cpp.
keys=$(python3 -c '
import re, sys
pattern = r"key<&WatchConf::\w+>\(\s*\"(\w+)\",\s*\"\w+\",\s*\w+,\s*(required|optional)"
for name, need in re.findall(pattern, open(sys.argv[1]).read()):
    print(name, str(need == "required").lower())' "$source_file" | sort)
(($(wc -l <<<"$keys") >= 11)) || complain "$source_file: only $(wc -l <<<"$keys") keys found: this lint no longer reads them"

# python3 is there: meson is written in it.
schema_keys=$(python3 -c '
import json, sys
schema = json.load(open(sys.argv[1]))
for name, member in schema["properties"].items():
    required = name in schema["required"]
    assert member.get("description"), name + " has no description"
    assert required or "default" in member, name + " is optional and has no default"
    print(name, str(required).lower())' "$schema" | sort)
example_keys=$(python3 -c 'import json, sys; print("\n".join(json.load(open(sys.argv[1]))))' "$example" | sort)

[[ $keys == "$schema_keys" ]] || complain "$(diff <(echo "$keys") <(echo "$schema_keys") | sed "s,^<,$source_file:,;s,^>,$schema:,")"
while IFS= read -r key; do complain "$example: '$key' is not in $schema"; done \
  < <(comm -23 <(echo "$example_keys") <(cut -d' ' -f1 <<<"$schema_keys"))
finish "the keys of conf_keys.cpp, the schema and the example agree"
