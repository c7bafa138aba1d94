# SPDX-License-Identifier: MIT
# What `baton --help` and `baton COMMAND --help` list, for the lints that compare it. CLI11 from 2.5 on lays it out differently.
import re
import subprocess


def help_of(baton, *command):
    return subprocess.run([baton, *command, "--help"], check=True, capture_output=True, text=True).stdout


def listed(text, heading):
    found = re.search(rf"^{heading}:.*\n((?: .*\n)+)", text, re.M | re.I)
    lines = re.findall(r"^ {2,10}(\S.*)", found.group(1), re.M) if found else []
    return [re.sub(r"^(-[^ ,]+), +", r"\1,", line) for line in lines]


def commands(text):
    return [line.split()[0] for line in listed(text, "Subcommands")]


def options(text):
    """(its names, the kind of its value or '') of each"""
    for line in listed(text, "Options"):
        names, *kind = re.split(r" {2,}", line)[0].split(" ")
        yield names.split(","), kind[0] if kind else ""


def positionals(text):
    return [line.split()[0] for line in listed(text, "Positionals")]
