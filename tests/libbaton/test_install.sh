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

# Two lines and the include are all that a plain httplib program has to change, beside its own first comment.
changed=$(diff "$source/examples/counter_httplib.cpp" "$source/examples/counter_baton.cpp" | grep -c '^>')
[ "$changed" -eq 4 ] || { echo "the example differs from its httplib form in $changed lines"; exit 1; }

flags=$(pkg-config --cflags baton)
# shellcheck disable=SC2046,SC2086  # flags are words
"$cxx" -std=c++20 -Wall -Wextra -Werror $flags "$source/examples/counter_baton.cpp" -o "$scratch/counter" \
    $(pkg-config --libs baton)
sed "s|\"8080\"|\"$scratch/web.sock\"|" "$source/examples/counter_baton.cpp" >"$scratch/unix.cpp"
# shellcheck disable=SC2046,SC2086
"$cxx" -std=c++20 $flags "$scratch/unix.cpp" -o "$scratch/counter-static" "$static" \
    $(pkg-config --static --libs baton | sed 's/-lbaton//') -pthread
LD_LIBRARY_PATH=$libraries "$scratch/counter-static" &
server=$!
for _ in $(seq 100); do [ -S "$scratch/web.sock" ] && break; sleep 0.05; done
reply=$(curl -s --unix-socket "$scratch/web.sock" http://counter/greet/you)
[ "$reply" = "hello you" ] || { echo "the example answered '$reply'"; exit 1; }
kill "$server"
wait "$server"
server=
LD_LIBRARY_PATH=$libraries ldd "$scratch/counter" | grep -q 'libbaton.so.0 => /'
