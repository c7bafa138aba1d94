// SPDX-License-Identifier: MIT
// The runner of the tests on a booted systemd. It changes units and files of the whole machine, so it runs only in the
// throw-away machine that tools/machine makes.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "support/boot.hpp"

#include <cstdio>

int main(int argc, char** argv) {
    if (machine::boot() == 0) {
        (void)std::fputs("machine_tests: skipped: this is not the throw-away machine; see tools/machine --help\n",
                         stderr);
        return machine::k_skipped;
    }
    doctest::Context context{argc, argv};
    // After the reboot only the cases go on that asked for it.
    if (machine::boot() > 1) context.addFilter("source-file", "*test_reboot.cpp");
    const int status = context.run();
    if (context.shouldExit()) return status;
    return machine::reboot_if_asked(status);
}
