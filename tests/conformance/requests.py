#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sends the corpora of raw requests to a server, and counts the outcomes. For tools/conformance, which starts the server.

usage: requests.py --port PORT --corpora DIR [--expected FILE] [--verbose] CORPUS...

FILE lists deliberate differences: a reason, then lines indented by two spaces or more, "DIFFERENCE: CORPUS/CASE", where "*"
is any text. A difference that is not listed is a failure, and so is a line that no longer matches any.
"""
import argparse, concurrent.futures, os, re, sys

from corpora import READERS
from judge import difference


class Listed:
    def __init__(self, line):
        self.line, self.corpus, self.seen = line, line.split(": ", 1)[1].split("/")[0], 0
        self.pattern = re.compile("".join(".*" if part == "*" else re.escape(part) for part in re.split(r"(\*)", line)), re.S)

    def covers(self, text):
        found = self.pattern.fullmatch(text) is not None
        self.seen += found
        return found


def read_expected(path):
    with open(path, encoding="utf-8") as file:
        return [Listed(line.strip()) for line in file if line.startswith("  ")]


def run(corpus, options, listed):
    passed, failed, covered = 0, 0, 0
    cases = list(READERS[corpus](os.path.join(options.corpora, corpus)))
    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        found = list(pool.map(lambda case: difference(options.port, case), cases))
    for case, what in zip(cases, found):
        text = f"{what}: {corpus}/{case.name}"
        if not what:
            passed += 1
        elif any([entry.covers(text) for entry in listed]):
            covered += 1
        else:
            failed += 1
            print(f"  {text}")
            if options.verbose:
                print(f"      {case.data!r}")
    if not cases:
        print(f"  no case found: {corpus} is not as it was")
        failed += 1
    for entry in listed:
        if entry.corpus == corpus and not entry.seen:
            print(f"  listed, and seen no more: {entry.line}")
            failed += 1
    print(f"{corpus}: passed {passed}, failed {failed}, listed {covered}", flush=True)
    return failed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--corpora", required=True)
    parser.add_argument("--expected")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("corpus", nargs="+", choices=READERS)
    options = parser.parse_args()
    listed = read_expected(options.expected) if options.expected else []
    sys.exit(1 if sum([run(corpus, options, listed) for corpus in options.corpus]) else 0)


main()
