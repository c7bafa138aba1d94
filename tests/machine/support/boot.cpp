// SPDX-License-Identifier: MIT
#include "support/boot.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace machine {
namespace {

constexpr auto k_status_file = "/var/lib/machine-tests-status"; // on the machine's own disk, which survives
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
    for (;;)
        (void)::pause(); // until the shutdown kills us
}

} // namespace machine
