// SPDX-License-Identifier: MIT
// The runner of the histories on a booted systemd; like machine_tests it runs only in a machine of tools/machine.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "support/boot.hpp"

#include <cstdio>

int main(int argc, char** argv) {
    if (machine::boot() == 0) {
        (void)std::fputs("history_tests: skipped: this is not the throw-away machine; see tools/machine --help\n",
                         stderr);
        return machine::k_skipped;
    }
    return doctest::Context{argc, argv}.run();
}
