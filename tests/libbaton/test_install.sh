#!/bin/sh
# SPDX-License-Identifier: MIT
# The installed library serves a program outside the tree: headers, shared and static library, pkg-config file.
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
libraries=$(dirname "$(find "$scratch" -name 'libbaton.so')")
static=$(find "$scratch" -name 'libbaton.a')

# Two lines are all that a plain httplib program has to change; the third here is its own first comment.
changed=$(diff "$source/examples/counter_httplib.cpp" "$source/examples/counter_baton.cpp" | grep -c '^>')
[ "$changed" -eq 3 ] || { echo "the example differs from its httplib form in $changed lines"; exit 1; }

# shellcheck disable=SC2046  # flags are words
"$cxx" -std=c++20 -Wall -Wextra -Werror "$source/examples/counter_baton.cpp" -o "$scratch/shared" \
    $(pkg-config --cflags --libs baton)
# shellcheck disable=SC2046
"$cxx" -std=c++20 -Wall -Wextra -Werror "$source/examples/counter_baton.cpp" -o "$scratch/static" \
    $(pkg-config --cflags baton) "$static" $(pkg-config --static --libs baton | sed 's/-lbaton//') -pthread
# shellcheck disable=SC2046
"$cxx" -std=c++20 "$source/examples/counter_httplib.cpp" -o "$scratch/plain" \
    $(pkg-config --cflags --libs cpp-httplib) -pthread
LD_LIBRARY_PATH=$libraries
export LD_LIBRARY_PATH
ldd "$scratch/shared" | grep 'libbaton.so.0 => /' >/dev/null || { echo "the shared library is not used"; exit 1; }
! ldd "$scratch/static" | grep libbaton || { echo "the static library is not used"; exit 1; }

# The socket comes as from systemd, not from the listen() in the program; the end is a drain.
for kind in shared static; do
    systemd-socket-activate --setenv=LD_LIBRARY_PATH --listen="$scratch/$kind.sock" "$scratch/$kind" &
    server=$!
    for _ in $(seq 100); do [ -S "$scratch/$kind.sock" ] && break; sleep 0.05; done
    reply=$(curl -s --unix-socket "$scratch/$kind.sock" http://counter/greet/you)
    [ "$reply" = "hello you" ] || { echo "the example, $kind, answered '$reply'"; exit 1; }
    kill "$server"
    wait "$server" || { echo "the example, $kind, left with $?"; exit 1; }
    server=
done
