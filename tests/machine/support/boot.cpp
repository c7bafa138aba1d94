// SPDX-License-Identifier: MIT
#include "support/boot.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace machine {
namespace {

constexpr auto k_status_file = "/var/lib/machine-tests-status"; // on the machine's own disk, which survives
constexpr unsigned k_shutdown_seconds = 60;                     // it takes one or two
bool g_asked = false;

int earlier_status() {
    std::ifstream file{k_status_file};
    int status = 0;
    file >> status;
    return status;
}

} // namespace

int boot() noexcept {
    const char* const number = std::getenv("BATON_MACHINE_BOOT");
    return number == nullptr ? 0 : std::atoi(number);
}

void ask_for_reboot() noexcept {
    g_asked = true;
}

int reboot_if_asked(int status) {
    if (!g_asked) return status != 0 ? status : earlier_status();
    std::ofstream{k_status_file} << status << "\n";
    (void)std::fflush(nullptr);
    if (std::system("systemctl reboot") != 0) return 1;
    (void)::sleep(k_shutdown_seconds); // the shutdown kills us
    (void)std::fputs("machine_tests: the machine does not go down; these jobs are waited for:\n", stderr);
    if (std::system("systemctl list-jobs --no-pager >&2") != 0) return 1;
    return 1;
}

} // namespace machine
