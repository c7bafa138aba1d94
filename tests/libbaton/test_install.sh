#!/bin/sh
# SPDX-License-Identifier: MIT
# The installed library works for a program outside the tree: headers, library, pkg-config file.
# usage: test_install.sh BUILD-DIRECTORY SOURCE-DIRECTORY CXX
set -eu
build=$1 source=$2 cxx=$3
scratch=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$scratch"' EXIT

DESTDIR=$scratch meson install -C "$build" --no-rebuild --quiet
pc=$(find "$scratch" -name baton.pc)
[ -n "$pc" ] || { echo "no baton.pc is installed"; exit 1; }
PKG_CONFIG_SYSROOT_DIR=$scratch
PKG_CONFIG_PATH=$(dirname "$pc")
export PKG_CONFIG_SYSROOT_DIR PKG_CONFIG_PATH

# Two lines are all that a plain httplib program has to change; the third here is its own first comment.
changed=$(diff "$source/examples/counter_httplib.cpp" "$source/examples/counter_baton.cpp" | grep -c '^>')
[ "$changed" -eq 3 ] || { echo "the example differs from its httplib form in $changed lines"; exit 1; }

# shellcheck disable=SC2046  # flags are words
"$cxx" -std=c++20 -Wall -Wextra -Werror "$source/examples/counter_baton.cpp" -o "$scratch/counter" \
    $(pkg-config --cflags --libs baton)
# shellcheck disable=SC2046
"$cxx" -std=c++20 "$source/examples/counter_httplib.cpp" -o "$scratch/plain" \
    $(pkg-config --cflags --libs cpp-httplib) -pthread
! ldd "$scratch/counter" | grep libbaton || { echo "libbaton is linked as a shared library, which promises an ABI"; exit 1; }

# The socket comes as from systemd, not from the listen() in the program; the end is a drain.
systemd-socket-activate --listen="$scratch/counter.sock" "$scratch/counter" &
server=$!
for _ in $(seq 100); do [ -S "$scratch/counter.sock" ] && break; sleep 0.05; done
reply=$(curl -s --unix-socket "$scratch/counter.sock" http://counter/greet/you)
[ "$reply" = "hello you" ] || { echo "the example answered '$reply'"; exit 1; }
kill "$server"
wait "$server" || { echo "the example left with $?"; exit 1; }
server=
