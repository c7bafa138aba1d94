// SPDX-License-Identifier: MIT
#include "libbaton/service/process_usage.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace baton::service {
namespace {

double seconds_of(clockid_t clock) {
    timespec time{};
    (void)::clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

double seconds_of(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

/// starttime, field 22 of /proc/self/stat, is in clock ticks since boot. The name before it may contain blanks.
std::optional<double> start_time() {
    constexpr int k_fields_between = 19; // from the name's ")" on
    std::string text;
    std::getline(std::ifstream{"/proc/self/stat"}, text);
    std::istringstream fields{text.substr(std::min(text.size(), text.rfind(')') + 1))};
    std::string skipped;
    for (int i = 0; i < k_fields_between; ++i)
        fields >> skipped;
    double ticks = 0;
    if (!(fields >> ticks)) return {};
    const auto age = seconds_of(CLOCK_BOOTTIME) - ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
    return seconds_of(CLOCK_REALTIME) - age;
}

std::optional<double> resident_bytes() {
    std::ifstream pages{"/proc/self/statm"};
    double all = 0;
    double resident = 0;
    if (!(pages >> all >> resident)) return {};
    return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

std::optional<double> open_descriptors() {
    std::error_code error;
    const std::filesystem::directory_iterator entries{"/proc/self/fd", error};
    if (error) return {};
    return static_cast<double>(std::distance(begin(entries), end(entries)) -
                               1); // excludes the descriptor that reads them
}

} // namespace

ProcessUsage ProcessUsage::now() {
    ProcessUsage usage{.start_time_seconds = start_time(),
                       .cpu_seconds = {},
                       .resident_bytes = service::resident_bytes(),
                       .open_descriptors = service::open_descriptors(),
                       .max_descriptors = {}};
    rusage times{};
    if (::getrusage(RUSAGE_SELF, &times) == 0)
        usage.cpu_seconds = seconds_of(times.ru_utime) + seconds_of(times.ru_stime);
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur != RLIM_INFINITY)
        usage.max_descriptors = static_cast<double>(files.rlim_cur);
    return usage;
}

} // namespace baton::service
