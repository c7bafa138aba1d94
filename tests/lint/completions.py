#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# bash, zsh and fish complete what `baton --help` has: every command, option and argument, sites and releases, and nothing else.
#   tests/lint/completions.py SOURCE-DIRECTORY BATON
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True  # the source directory stays as it is
from baton_help import commands, help_of, options, positionals

root, baton = Path(sys.argv[1]), Path(sys.argv[2]).resolve()
scratch = Path(tempfile.mkdtemp(prefix="baton-completions-"))
state = scratch / "state"
environment = {**os.environ, "PATH": f"{scratch}/bin:{os.environ['PATH']}", "HOME": str(scratch), "TERM": "dumb", "LC_ALL": "C.UTF-8"}
environment.pop("XDG_STATE_HOME", None)
complaints = []


def make_state():
    for site, records, snapshots in (("shop", (1, 2, 10), (2, 10)), ("blog", (1,), (1,))):
        for number in records:
            (state / site / "records").mkdir(parents=True, exist_ok=True)
            (state / site / "records" / f"{number}.json").touch()
        for number in snapshots:
            (state / site / "releases" / str(number)).mkdir(parents=True)
        (state / site / "site.json").touch()
    (state / "no-site").mkdir()
    mine = scratch / ".local/state/baton/mine"
    mine.mkdir(parents=True)
    (mine / "site.json").touch()
    for language in OFFERED["LANGUAGE"]:
        (scratch / "examples" / language).mkdir(parents=True)
    (scratch / "bin").mkdir()
    (scratch / "bin/baton").symlink_to(baton)
    (scratch / "files/inner").mkdir(parents=True)
    (scratch / "files/watch.conf").touch()


def script(name):
    """The completion, with the test's directories instead of the host's."""
    text = (root / "completions" / name).read_text(encoding="utf-8")
    for hosts, ours in (("/var/lib/baton", state), ("/usr/share/baton/examples", scratch / "examples")):
        if text.count(hosts) != 1:
            complaints.append(f"completions/{name}: expected {hosts} once: this test would read the host's")
        text = text.replace(hosts, str(ours))
    file = scratch / "completions" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def output_of(*argv):
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, cwd=scratch / "files", timeout=60)
    if done.returncode != 0 or done.stderr:
        complaints.append(f"{argv[0]}: status {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def in_bash(words):
    return output_of("bash", "--norc", "-c", """
        source "$0"
        shopt -s progcomp
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        function="$(complete -p baton)"
        [[ $function =~ -F\\ ([^ ]+) ]] && "${BASH_REMATCH[1]}" 2> >(grep -v 'compopt: not currently' >&2)
        printf '%s\\n' "${COMPREPLY[@]}" """, script("baton.bash"), *words).split()


def in_fish(words):
    said = output_of("fish", "--no-config", "-c", f"source {script('baton.fish')}; complete --do-complete '{' '.join(words)}'")
    return [row.split("\t")[0].rstrip("/") for row in said.splitlines()]


class Terminal:
    """A shell that believes a person types."""

    def __init__(self, *argv):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(scratch / "files")
            os.execvpe(argv[0], argv, environment)

    def until(self, pattern, typed="", limit=20):
        os.write(self.fd, typed.encode())
        seen, end = "", time.monotonic() + limit
        while not re.search(pattern, seen):
            if not select.select([self.fd], [], [], max(end - time.monotonic(), 0))[0]:
                complaints.append(f"typed {typed!r}: expected {pattern!r}, saw {seen!r}")
                break
            try:
                seen += os.read(self.fd, 65536).decode(errors="replace")
            except OSError:
                complaints.append(f"typed {typed!r}: the shell has ended: {seen!r}")
                break
        return seen

    def close(self):
        os.close(self.fd)
        os.waitpid(self.pid, 0)


ZSH_SETUP = r"""
PS1='READY> ' ; unsetopt zle_bracketed_paste beep ; fpath=(%s $fpath)
autoload -Uz compinit && compinit -u -D
compadd() {
  if [[ " ${@[1,(i)(-|--)]} " == *\ -[OAD]\ * ]]; then builtin compadd "$@"; return; fi
  local -a hits ; builtin compadd -A hits "$@"
  local hit ; for hit in $hits; do print -n "<$hit>" ; done
  return 1
}
tell() { zle complete-word ; print -n '<<end>>' ; zle kill-whole-line }
zle -N tell ; bindkey '^T' tell
zstyle ':completion:*' completer _complete
"""


class Zsh:
    def __init__(self):
        script("_baton")
        setup = scratch / "setup.zsh"
        setup.write_text(ZSH_SETUP % (scratch / "completions"))
        self.terminal = Terminal("zsh", "-f", "-i")
        self.terminal.until("READY> ", f"source {setup}\r")

    def __call__(self, words):
        said = self.terminal.until("<<end>>", " ".join(words) + "\x14")
        return [hit.rstrip("/") for hit in re.findall(r"(?<!<)<([^<>\n]*)>(?!>)", said)]


OFFERED = {"SITE": {"blog", "shop"}, "DIR": {"inner"}, "DIR|FILE": {"inner", "watch.conf"},
           "LANGUAGE": {"go", "python-uvicorn"}}


def cases():
    """What is typed, and what is offered then."""
    main = help_of(baton)
    yield ["baton", ""], set(commands(main))
    yield ["baton", "-"], {name for names, _ in options(main) for name in names}
    for command in commands(main):
        text = help_of(baton, command)
        own = list(options(text))
        yield ["baton", command, "-"], {name for names, _ in own for name in names}
        given = []
        for place in positionals(text):
            snapshots = {"2", "10"} if command == "rollback" else {"1", "2", "10"}
            offered = {"N": snapshots, **OFFERED}.get(place)
            if offered is None:
                complaints.append(f"baton {command}: nothing says what its argument {place} may be")
                break
            yield ["baton", command, *given, ""], offered
            for names, kind in own:
                for name in names if kind else []:
                    yield ["baton", command, *given, name, "value", ""], offered  # the value is no argument
                for name in names if kind == "DIR" else []:
                    yield ["baton", command, *given, name, ""], OFFERED["DIR"]
            given.append("shop" if place == "SITE" else "inner")
        yield ["baton", command, *given, ""], set()
    yield ["baton", "dep"], {"deploy"}
    yield ["baton", "rollback", "sh"], {"shop"}
    yield ["baton", "--user", "status", ""], {"mine"}
    yield ["baton", "status", "--user", ""], {"mine"}
    yield ["baton", "nonsense", ""], set()


def check(shell, complete):
    count = 0
    for words, offered in cases():
        count += 1
        found = complete(words)
        if set(found) != offered or len(found) != len(set(found)):
            complaints.append(f"{shell}: '{' '.join(words)}': found {sorted(found)}, expected {sorted(offered)}")
    if count < 40:
        complaints.append(f"{shell}: only {count} cases: this test no longer reads 'baton --help'")


def check_bash_typing():
    """As a person types it, and as bash-completion loads it, if it is there."""
    terminal = Terminal("bash", "--norc", "-i")
    terminal.until(r"READY> $", f"PS1='READY''> '; source {script('baton.bash')}\r")
    terminal.until(r"baton rollback shop 10 ", "baton roll\tsh\t10\t")
    terminal.close()
    loader = Path("/usr/share/bash-completion/bash_completion")
    if loader.exists():
        environment["BASH_COMPLETION_USER_DIR"] = str(scratch / "user")
        (scratch / "user/completions").mkdir(parents=True)
        shutil.copy(script("baton.bash"), scratch / "user/completions/baton")
        loaded = output_of("bash", "--norc", "-c", f"source {loader}; _completion_loader baton; complete -p baton")
        if "-F _baton" not in loaded:
            complaints.append(f"bash-completion does not load completions/baton.bash: {loaded}")


make_state()
skipped = []
for shell, complete in (("bash", lambda: in_bash), ("fish", lambda: in_fish), ("zsh", Zsh)):
    if shutil.which(shell):
        check(shell, complete())
    else:
        skipped.append(shell)
check_bash_typing()
shutil.rmtree(scratch)
for complaint in complaints:
    print(complaint)
if complaints:
    sys.exit(f"{len(complaints)} breach(es) of the rule: the shells complete what there is, and nothing else")
if skipped:
    print(f"skipped: not installed: {', '.join(skipped)}")
    sys.exit(77)
