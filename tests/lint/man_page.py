#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# The manual pages name each command, option, exit status, message id, variable and member of Options that there is, and no other.
#   tests/lint/man_page.py SOURCE-DIRECTORY BATON
import re
import sys
from pathlib import Path

sys.dont_write_bytecode = True  # the source directory stays as it is
from baton_help import commands, help_of, options, positionals

root, baton = Path(sys.argv[1]), sys.argv[2]
complaints = []


def text_of(name):
    return (root / name).read_text(encoding="utf-8")


def page(name):
    return re.sub(r"\\(.)", r"\1", text_of(f"docs/man/{name}.scd"))


def section(text, title):
    found = re.search(rf"^# {re.escape(title)}\n(.*?)(?=^# |\Z)", text, re.M | re.S)
    return found.group(1) if found else ""


def terms(text, indent=""):
    """What the entries of a section begin with: the words in bold, '*-n* _LINES_, *--lines* _LINES_' has two."""
    lines = re.findall(rf"^{indent}(\*[^*\n]+\*.*)\n{indent}\t", text, re.M)
    return [word for line in lines for word in re.findall(r"\*([^*]+)\*", line)]


def compare(what, there, said, least):
    """`there`: what exists; `said`: what the manual has. `least`: fewer found means that this lint no longer reads them."""
    for name in sorted(set(there) - set(said)):
        complaints.append(f"{what}: '{name}' is missing")
    for name in sorted(set(said) - set(there)):
        complaints.append(f"{what}: there is no '{name}'")
    for name in sorted({it for it in said if list(said).count(it) > 1}):
        complaints.append(f"{what}: '{name}' stands twice")
    if len(set(there)) < least:
        complaints.append(f"{what}: only {len(set(there))} found: this lint no longer reads them")


COMMON = {"-h", "--help", "--json"}


def check_commands(text):
    main = help_of(baton)
    there = commands(main)
    entries = re.split(r"^(?=\*)", section(text, "COMMANDS"), flags=re.M)[1:]
    described = {re.match(r"\*([^*]+)\*", entry).group(1): entry for entry in entries}
    usages = dict(re.findall(r"^\*baton ([a-z-]+)\*(.*?)(?:\+\+)?$", section(text, "SYNOPSIS"), re.M))
    compare("baton(1), COMMANDS", there, list(described), 9)
    compare("baton(1), SYNOPSIS", there, list(usages), 9)
    compare("baton(1), OPTIONS", {*COMMON, *(o for names, _ in options(main) for o in names)}, terms(section(text, "OPTIONS")), 4)
    known = 0
    for command in there:
        text_of_it = help_of(baton, command)
        spelled = [[o for o in names if o not in COMMON] for names, _ in options(text_of_it)]
        own = [o for line in spelled for o in line]
        known += len(own)
        entry, usage = described.get(command, ""), usages.get(command, "")
        compare(f"baton(1), the options of '{command}'", own, terms(entry, "\t"), 0)
        named = re.findall(r"\*(--?[A-Za-z-]+)\*", usage)
        compare(f"baton(1), SYNOPSIS of '{command}'", named, [o for o in named if o in own], 0)
        for names in filter(None, spelled):
            if not set(names) & set(named):
                complaints.append(f"baton(1), SYNOPSIS of '{command}': '{names[0]}' is missing")
        arguments = [name for word in positionals(text_of_it) for name in word.split("|")]
        for name in arguments:
            if f"_{name}_" not in usage or f"_{name}_" not in entry.split("\n")[0]:
                complaints.append(f"baton(1), '{command}': its argument {name} is missing")
    if known < 8:
        complaints.append(f"only {known} options of commands found: this lint no longer reads 'baton COMMAND --help'")


def check_statuses(text, program):
    kinds = "".join(text_of(file) for file in ["src/base/error.hpp", "src/site/release/error_kinds.hpp", "src/deploy/wish/error_kinds.hpp"])
    there = {"0", *re.findall(r'constexpr ErrorKind \w+\{"[\w-]+", (\d+)\};', kinds)}
    compare("baton(1), EXIT STATUS", there, terms(section(text, "EXIT STATUS")), 7)
    of_exec = text_of("src/base/exec_status.hpp") + text_of("src/exec/main.cpp")
    there = re.findall(r"constexpr int k_exit_\w+ = (\w+);", of_exec)
    there = [{"EX_UNAVAILABLE": "69"}.get(status, status) for status in there]
    compare("baton-program(7), EXIT STATUS", there, terms(section(program, "EXIT STATUS")), 4)


def check_messages(text):
    there = re.findall(r'"([0-9a-f]{32})"', text_of("src/deploy/tell/events.hpp"))
    compare("baton(1), MESSAGES", there, terms(section(text, "MESSAGES")), 13)


def check_environment(program):
    """Whatever the unit of a release or its environment files set, but for what baton-exec takes out."""
    given = ["systemd/site@.service.in", "src/deploy/units/program_env.cpp", "src/deploy/units/hold.cpp", "src/exec/preflight.cpp"]
    there = {name for file in given for name in re.findall(r"\b(BATON_[A-Z_]+)(?:=|\", \"1\")", text_of(file))}
    taken = {name for file in (root / "src/exec").glob("*.cpp")
             for name in re.findall(r'(?:unsetenv|taken_variable)\("(BATON_\w+)"\)', file.read_text())}
    read = {name for file in (root / "src/libbaton").rglob("*.cpp")
            for name in re.findall(r'(?:getenv|variable)\("(BATON_\w+)"\)', file.read_text())}
    said = [name for name in terms(section(program, "ENVIRONMENT")) if name.startswith("BATON_")]
    compare("baton-program(7), ENVIRONMENT", (there - taken) | read, said, 8)


def shown(name, value):
    """A default as the manual has it: "16 KiB", "60 s", "0", "empty"."""
    value = re.sub(r"(?<=\d)U?L*\b", "", value)
    seconds = re.fullmatch(r"std::chrono::seconds\{(\d+)\}", value)
    if seconds:
        return f"{seconds.group(1)} s"
    if value == "{}":
        return "empty"
    if value in ("true", "false"):
        return value
    number = eval(value, {"__builtins__": {}})  # "16 * 1024", "1024 << 20"
    units = ["", " KiB", " MiB", " GiB"]
    while name.endswith("_bytes") and number and number % 1024 == 0:
        number, units = number // 1024, units[1:]
    return f"{number}{units[0]}"


def check_library(library):
    header = re.sub(r"///.*", "", text_of("src/libbaton/include/baton/options.hpp"))
    found = 0
    for struct, title in (("Limits", "LIMITS"), ("Timeouts", "TIMEOUTS"), ("Options", "OPTIONS")):
        body = re.search(rf"struct {struct} {{(.*?)\n}};", header, re.S).group(1)
        members = re.findall(r"([\w:]+)\s+(\w+)\s*(?:=\s*([^;]+)|\{(\d+)\});", body)
        text = section(library, title)
        said = terms(text)
        compare(f"libbaton(3), {title}", [name for _, name, _, _ in members], said, 0)
        found += len(members)
        for kind, name, value, braced in members:
            if kind in ("Limits", "Timeouts"):
                continue
            default = f"default: {shown(name, (value or braced).strip())})"
            if not re.search(rf"^\*{name}\* \((?:.*; )?{re.escape(default)}", text, re.M):
                complaints.append(f"libbaton(3), {title}: '{name}' lacks '{default}'")
    if found < 26:
        complaints.append(f"only {found} members of Options found: this lint no longer reads them")


def check_functions(library):
    """The functions that Server adds to httplib's, or changes; Get(), Post() and the like are as in httplib."""
    header = text_of("src/libbaton/include/baton/server.hpp")
    body = re.search(r"class Server .*?\n  public:\n(.*?)\n  private:", header, re.S).group(1)
    named = r"\b([a-z]\w+)\((?!\)>)"  # not void()>
    there = set(re.findall(named, re.sub(r"///.*", "", body))) - {"is_valid"}
    said = {name for bold in re.findall(r"\*([^*\n]+)\*", section(library, "RUNNING")) for name in re.findall(named, bold)}
    compare("libbaton(3), RUNNING", there | {"run"}, said, 10)


def check_see_also(pages):
    """The pages name each other, and no page of ours that there is not."""
    names = {f"{name.rpartition('.')[0]}({name.rpartition('.')[2]})" for name in pages}
    for name, text in pages.items():
        ours = f"{name.rpartition('.')[0]}({name.rpartition('.')[2]})"
        linked = {f"{a}({b})" for a, b in re.findall(r"\*([\w.-]+)\*\((\d)\)", section(text, "SEE ALSO"))}
        for other in sorted(names - linked - {ours}):
            complaints.append(f"{ours}, SEE ALSO: {other} is missing")
        if not text.startswith(ours + "\n"):
            complaints.append(f"docs/man/{name}.scd: its first line is not '{ours}'")
    if len(pages) < 4:
        complaints.append(f"only {len(pages)} pages found: this lint no longer finds them")


names = [file.name.removesuffix(".scd") for file in sorted((root / "docs/man").glob("*.scd"))]
pages = {name: page(name) for name in names}
check_commands(pages["baton.1"])
check_statuses(pages["baton.1"], pages["baton-program.7"])
check_messages(pages["baton.1"])
check_environment(pages["baton-program.7"])
check_library(pages["libbaton.3"])
check_functions(pages["libbaton.3"])
check_see_also(pages)
for complaint in complaints:
    print(complaint)
if complaints:
    sys.exit(f"{len(complaints)} breach(es) of the rule: the manual has what there is, and nothing else")
