#!/bin/sh
# SPDX-License-Identifier: MIT
# A program that uses another httplib.h than libbaton is told so: by the compiler, or at its start.
# usage: test_other_httplib.sh BUILD-DIRECTORY SOURCE-DIRECTORY CXX
set -eu
build=$1 source=$2 cxx=$3
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
includes="-I$source/src/libbaton/include -I$build/src/libbaton/include"
flags=$(pkg-config --cflags cpp-httplib)
PKG_CONFIG_PATH=$build/meson-uninstalled
export PKG_CONFIG_PATH

fail() {
    echo "$1"
    [ ! -f "$scratch/out" ] || cat "$scratch/out"
    exit 1
}

cat > "$scratch/program.cpp" <<'END'
#include <baton/server.hpp>
#include <cstdio>
int main() try {
    baton::Server server;
    std::puts("started");
} catch (const std::exception& error) {
    std::puts(error.what());
    return 3;
}
END

# Its own copy, of another version.
# shellcheck disable=SC2086  # flags are words
header=$(echo '#include <httplib.h>' | "$cxx" -std=c++20 $flags -x c++ -E - | sed -n 's/^# [0-9]* "\(.*httplib\.h\)".*/\1/p' | head -1)
mkdir "$scratch/third_party"
sed 's/^#define CPPHTTPLIB_VERSION .*/#define CPPHTTPLIB_VERSION "0.10.9"/' "$header" > "$scratch/third_party/httplib.h"
# shellcheck disable=SC2086  # flags are words
! "$cxx" -std=c++20 -fsyntax-only "-I$scratch/third_party" $includes $flags "$scratch/program.cpp" 2> "$scratch/out" ||
    fail "another version compiles"
grep 'is not the one that libbaton was built with' "$scratch/out" > /dev/null || fail "the error does not say why"
grep "$scratch/third_party/httplib.h" "$scratch/out" > /dev/null || fail "the error does not name the copy"
grep "pkg-config --cflags baton" "$scratch/out" > /dev/null || fail "the error does not say what to write"

# The right one, without the flags by which it has the same layout.
# shellcheck disable=SC2086
! "$cxx" -std=c++20 -fsyntax-only $includes "$scratch/program.cpp" 2> "$scratch/out" || fail "missing flags compile"

link() {
    # shellcheck disable=SC2086,SC2046
    "$cxx" -std=c++20 $includes $flags "$@" -o "$scratch/program" $(pkg-config --libs baton)
}

# Another source file has a copy for its client: its functions would be called in the place of the library's.
cat > "$scratch/client.cpp" <<'END'
#include <string>
namespace httplib {
struct Request {
    std::string other_layout;
    bool has_header(const std::string& name) const { return name == other_layout; }
};
}
bool use(const std::string& name) { return (httplib::Request{}.*&httplib::Request::has_header)(name); }
END
link "$scratch/program.cpp" "$scratch/client.cpp"
"$scratch/program" > "$scratch/out" && fail "a program with two copies starts"
grep "$scratch/program' has functions of another copy" "$scratch/out" > /dev/null || fail "the copy is not named"

link "$scratch/program.cpp"
"$scratch/program" > "$scratch/out" || fail "a program with one httplib does not start"
grep started "$scratch/out" > /dev/null || fail "a program with one httplib does not start"
