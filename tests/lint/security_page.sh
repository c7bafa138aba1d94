#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# docs/SECURITY.md says who may do what. Each line names tests, every named test exists, and it is one page.
set -euo pipefail
# shellcheck source=tests/lint/common.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

page=docs/SECURITY.md
readonly k_page_lines=60
(($(wc -l <"$page") <= k_page_lines)) || complain "$page: more than $k_page_lines lines: no page any more"

# In the last column: test_FILE, a file below tests/; or SUITE: "words", of the name of a test case of that suite.
while IFS= read -r line; do complain "$page:$line"; done < <(python3 - "$page" <<'END'
import pathlib, re, sys
literal = r'"((?:[^"\\]|\\.)*)"'
files = set()
cases = {}  # by suite
for path in pathlib.Path("tests").rglob("test_*.cpp"):
    files.add(path.stem)
    text = path.read_text()
    suite = re.search(r'TEST_SUITE_BEGIN\("(\w+)"\)', text)
    for names in re.findall(r'TEST_CASE\(\s*((?:' + literal.replace("(", "(?:", 1) + r'\s*)+)\)', text):
        name = "".join(re.findall(literal, names)).replace('\\"', '"')
        cases.setdefault(suite.group(1) if suite else path.stem, []).append(name)
rows = 0
for number, row in enumerate(open(sys.argv[1]), 1):
    if not row.startswith("| ") or row.startswith("| who "):
        continue
    rows += 1
    tests = row.rstrip().rstrip("|").rsplit(" | ", 1)[-1].strip()
    named = re.findall(r'\btest_\w+', tests)
    quoted = []
    for suite, words in re.findall(r'(\w+): ((?:"[^"]+"(?:, )?)+)', tests):
        quoted += [(suite, word) for word in re.findall(r'"([^"]+)"', words)]
    if not named and not quoted:
        print(f"{number}: this line names no test")
    for name in named:
        if name not in files:
            print(f"{number}: there is no tests/*/{name}.cpp")
    for suite, words in quoted:
        if not any(words in name for name in cases.get(suite, [])):
            print(f"{number}: no test case of the suite '{suite}' has \"{words}\" in its name")
if rows < 10:
    print(f"1: only {rows} lines found: this lint no longer reads the table")
END
)
finish "each line of $page names tests that exist"
