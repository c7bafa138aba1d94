#!/bin/bash
# SPDX-License-Identifier: MIT
# Tests tools/machine itself: what runs in the machine, and that the host is unchanged afterwards.
set -euo pipefail

machine=$(realpath -- "$(dirname -- "${BASH_SOURCE[0]}")/../../tools/machine")
directory=$(mktemp -d)
token=test-tools-machine-$$-$RANDOM
declare -i passed=0 failed=0
trap 'rm -rf -- "$directory"' EXIT

check() {  # check 'sentence' COMMAND...: passes when COMMAND does
  local name=$1
  shift
  if "$@"; then
    passed+=1
    echo "ok   $name"
  else
    failed+=1
    echo "FAIL $name"
  fi
}

equal() {  # equal FOUND EXPECTED
  [[ $1 == "$2" ]] || { printf '     expected: %q\n     found:    %q\n' "$2" "$1"; return 1; }
}

matches() {  # matches FOUND PATTERN
  # shellcheck disable=SC2053  # a pattern
  [[ $1 == $2 ]] || { printf '     expected: %q\n     found:    %q\n' "$2" "$1"; return 1; }
}

status_of() { local -i status=0; "$@" >"$directory/output" 2>&1 || status=$?; echo "$status"; }

# Prints the pids of the processes which have the token among their arguments.
with_token() {
  local process
  local -a arguments
  for process in /proc/[0-9]*; do
    { mapfile -d '' arguments <"$process/cmdline"; } 2>/dev/null || continue
    [[ "${arguments[*]-}" != *"$token"* ]] || echo "${process#/proc/}"
  done
}

# in_cgroup NAME: prints the processes of the whole host which are below a cgroup of that name.
in_cgroup() { grep -ls -- "/$1" /proc/[0-9]*/cgroup || true; }

cgroup_directories() { find /sys/fs/cgroup -type d -name "$1" 2>/dev/null || true; }

# start_sleeper: a machine that stays up; sets script, group, and carrier, its unshare process.
start_sleeper() {
  local pid comm
  mkfifo "$directory/up"
  "$machine" --rw "$directory" -- sh -c "systemd-run -q sleep 98765; echo up >'$directory/up'; sleep 98765" "$token" \
    >/dev/null 2>&1 &
  script=$!
  read -r -t 120 <>"$directory/up"
  rm "$directory/up"
  group='' carrier=''
  for pid in $(with_token); do
    group=$(sed -n 's,.*/\(baton-machine\.[^/]*\)/.*,\1,p' "/proc/$pid/cgroup")
    [[ -z $group ]] || break
  done
  for comm in /proc/[0-9]*/comm; do
    [[ $(cat "$comm" 2>/dev/null) == unshare ]] || continue
    ! grep -qx "PPid:[[:space:]]$script" "${comm%comm}status" || carrier=$(basename "${comm%/comm}")
  done
  [[ -n $group && -n $carrier ]]
}

# hit SIGNAL PID: also waits for the script, in silence.
hit() {
  kill "-$1" "$2"
  wait "$script" || true
} 2>/dev/null

# Nobody tells when a process that is not ours has gone, so this asks, for at most 30 s.
nothing_left() {
  local left=''
  for _ in {1..600}; do
    left="$(with_token)$(in_cgroup "$group")$(cgroup_directories "$group")"
    [[ -n $left ]] || return 0
    sleep 0.05
  done
  echo "     left: $left"
  return 1
}

if (($(status_of "$machine" true) == 77)); then
  cat "$directory/output"
  echo '0 passed, 0 failed, skipped'
  exit 77
fi

mounts_before=$(sort /proc/mounts)
machine_id_before=$(cat /etc/machine-id 2>/dev/null || true)
old_file=$(mktemp)
touch -d '2001-01-01' "$old_file"

cd "$(dirname -- "$machine")"
equal_output() { equal "$("$machine" "${@:2}" 2>&1)" "$1"; }
check 'the system is running when COMMAND starts' equal_output running systemctl is-system-running
check 'no unit failed' equal_output '' systemctl --failed --no-legend
check 'COMMAND runs in the directory of the caller' equal_output "$PWD" pwd
check 'COMMAND reads standard input' equal "$(echo hello | "$machine" cat)" hello
check 'the exit status is that of COMMAND' equal "$(status_of "$machine" sh -c 'exit 7')" 7
check 'a COMMAND that is killed gives 128 and the signal' equal "$(status_of "$machine" sh -c 'kill -9 $$')" 137
check 'a COMMAND that is not there gives 127' equal "$(status_of "$machine" "$token")" 127
# shellcheck disable=SC2016  # for the shell in the machine
check 'lo is up, with both addresses' equal_output '127.0.0.1/8 ::1/128' sh -c 'ip -br addr show lo | awk "{ print \$3, \$4 }"'
check 'the checkout is read-only' equal "$(status_of "$machine" touch "$PWD/new")" 1
check 'a directory given with --rw is writable' equal "$(status_of "$machine" --rw "$directory" touch "$directory/new"; ls "$directory/new")" \
  "0"$'\n'"$directory/new"
check "the host's own /tmp, which the machine's systemd would empty, is not given with --rw" \
  equal "$(status_of "$machine" --rw /tmp true; status_of "$machine" --rw / true; status_of "$machine" --rw /run/. true)" 2$'\n'2$'\n'2
check 'the kernel settings of the host are read-only' equal "$(status_of "$machine" sh -c 'echo 1 >/proc/sys/vm/swappiness')" 2

# on_other_root OPTION...: on this host's root with another /etc, and with /usr and /var as file systems of their own.
on_other_root() {
  # shellcheck disable=SC2016  # for the shell in the mount namespace
  unshare --mount --propagation private -- bash -c 'set -euo pipefail
    root=$1
    mount -t tmpfs -o mode=0755 other "$root"
    cp --archive /etc "$root/"
    for name in bin sbin lib lib64; do [[ ! -L /$name ]] || cp --no-dereference "/$name" "$root/"; done
    (cd "$root"; mkdir usr var dev proc sys run tmp; mount --bind /usr usr; mount --bind /var var; echo other >etc/which-root)
    "$2" --root "$root" "${@:3}"' bash "$directory/other" "$machine" "$@" 2>&1
}
mkdir "$directory/other" "$directory/no-root"
check 'it boots on the root given with --root' equal "$(on_other_root cat /etc/which-root)" other
check 'with its /usr and /var, of which nothing is written to that root' \
  equal "$(on_other_root sh -c 'touch /usr/new /var/new && systemctl is-system-running'; ls -d /usr/new /var/new 2>/dev/null)" running
check 'a root without systemd is refused' equal "$(status_of "$machine" --root "$directory/no-root" true)" 2

sandbox='systemd-run -q --wait --pipe -p DynamicUser=yes -p PrivateTmp=yes -p ProtectSystem=strict -p PrivateDevices=yes \
  -p SystemCallFilter=@system-service -p LimitNOFILE=524288'
check 'a sandboxed unit with a dynamic user runs' equal_output 'hello' bash -c "$sandbox sh -c 'test \$(id -u) -gt 60000 && ! touch /usr/x 2>/dev/null && touch /tmp/x && echo hello'"
# shellcheck disable=SC2016  # for the shell in the machine
activate='systemd-run -q --socket-property=ListenStream=127.0.0.1:7777 --unit=echo \
    python3 -c "import socket; s = socket.socket(fileno=3); c, _ = s.accept(); c.sendall(b\"from the socket\n\")"
  exec 3<>/dev/tcp/127.0.0.1/7777; read -r -t 9 line <&3; echo "$line"'
check 'a connection starts a unit by its socket' equal_output 'from the socket' bash -c "$activate"

# shellcheck disable=SC2016  # for the shell in the machine
reboot='echo "$BATON_MACHINE_BOOT: $(cd /; ls -d etc/kept* tmp/lost* run/lost* 2>/dev/null | tr "\n" " ")"
  touch /etc/kept$BATON_MACHINE_BOOT /tmp/lost /run/lost
  ((BATON_MACHINE_BOOT == 3)) && { journalctl --list-boots -q | wc -l; exit 9; }
  # logind may be gone before it can answer, which is a message on standard error, and a reboot all the same
  systemctl reboot 2>/dev/null; ((BATON_MACHINE_BOOT == 2)) || sleep infinity'
check 'a reboot runs COMMAND again and counts' equal "$(status_of "$machine" bash -c "$reboot"; cat "$directory/output")" \
  $'9\n1: \n2: etc/kept1 \n3: etc/kept1 etc/kept2 \n3'
check 'a power off before COMMAND ends is an error' equal "$(status_of "$machine" sh -c 'systemctl poweroff; sleep infinity')" 125

status_of "$machine" --journal "$directory/journal" sh -c 'logger said by the test; exit 1' >/dev/null
check 'the journal is kept when COMMAND fails' matches "$(cat "$directory/journal")" '*said by the test*'
status_of "$machine" --journal "$directory/no-journal" true >/dev/null
check 'and not when it succeeds' test ! -e "$directory/no-journal"

mkfifo "$directory/one" "$directory/two"
"$machine" --rw "$directory" sh -c "echo 1 >'$directory/one'; cat '$directory/two' /etc/machine-id" >"$directory/first" 2>&1 &
first=$!
"$machine" --rw "$directory" sh -c "cat '$directory/one'; echo 2 >'$directory/two'; cat /etc/machine-id" >"$directory/second" 2>&1
wait "$first"
check 'two machines run at the same time' equal "$(head -qn1 "$directory/first" "$directory/second")" $'2\n1'
check 'and are not the same' test "$(tail -n1 "$directory/first")" != "$(tail -n1 "$directory/second")"

start_sleeper
hit KILL "$script"
check 'kill -9 of the script leaves nothing' nothing_left
start_sleeper
hit KILL "$carrier"
check 'kill -9 of unshare leaves nothing' nothing_left
start_sleeper
hit TERM "$script"
check 'SIGTERM leaves nothing' nothing_left
start_sleeper
hit HUP "$script"
check 'a closed terminal leaves nothing' nothing_left

check 'the files in /tmp of the host are still there' test -e "$old_file"
check 'the mounts of the host are the same' equal "$(sort /proc/mounts)" "$mounts_before"
check 'the machine id of the host is the same' equal "$(cat /etc/machine-id 2>/dev/null || true)" "$machine_id_before"
check 'without root it says so and exits 77' equal "$(status_of setpriv --reuid 65534 --clear-groups "$machine" true)" 77
check 'an unknown option exits 2' equal "$(status_of "$machine" --nonsense)" 2
rm -f -- "$old_file"

echo "$passed passed, $failed failed"
((failed == 0))
