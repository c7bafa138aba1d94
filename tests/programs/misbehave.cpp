// SPDX-License-Identifier: MIT
// A release that does one thing wrong, named by its first argument:
//   exit          says why on stderr and exits with status 7
//   far-clients-only  sets an option on the site's socket with which no connection reaches it, and exits with status 9
//   exit-later    exits with status 8 after a second, without READY=1
//   never-ready   runs, and never says READY=1
//   ignore-term   never says READY=1 and ignores SIGTERM
//   deaf          says READY=1, ignores SIGTERM, and says on its private socket that it serves
//   crash         says READY=1, and is killed by a signal the milliseconds of the next argument later
//   exit-ready    says READY=1, and exits with status 0 the milliseconds of the next argument later
//   eat-memory    takes memory until there is no more, before READY=1
//   eat-memory-ready  the same after READY=1 and the milliseconds of the next argument
//   hang          says READY=1 and never feeds its watchdog
//   health        says READY=1; its private socket answers /.baton/state, and anything else with the next argument's
//                 reply: a status such as 500 or 302, "hang" (none ever), "trickle" (one that never ends), or "close"
//   stubborn      as health, and ignores SIGTERM
// None of them ever accepts from the site's own socket: whatever waits there is for another release.
#include "bad_health.hpp"
#include "sd/notify.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using baton::sd::notify;
using namespace std::chrono_literals;

[[noreturn]] void wait_for_a_signal() {
    for (;;)
        (void)::pause();
}

void wait_for(const char* milliseconds) {
    std::this_thread::sleep_for(std::chrono::milliseconds{std::atoi(milliseconds)});
}

void complain(const char* why) {
    (void)std::fprintf(stderr, "misbehave: %s\n", why);
}

int exit_at_once(const char*) {
    complain("reading the settings");
    complain("no database at db.example:5432");
    return 7;
}

int keep_clients_away(const char*) {
    constexpr int k_first = 3; // SD_LISTEN_FDS_START
    constexpr int k_hops = 255;
    return ::setsockopt(k_first, IPPROTO_IP, IP_MINTTL, &k_hops, sizeof k_hops) == 0 ? 9 : 10;
}

int exit_later(const char*) {
    std::this_thread::sleep_for(1s);
    complain("gave up");
    return 8;
}

int never_ready(const char*) {
    complain("still thinking");
    wait_for_a_signal();
}

int ignore_term(const char*) {
    (void)std::signal(SIGTERM, SIG_IGN);
    return never_ready("");
}

int deaf(const char*) {
    (void)std::signal(SIGTERM, SIG_IGN);
    return answer_badly("200");
}

int stubborn(const char* reply) {
    (void)std::signal(SIGTERM, SIG_IGN);
    return answer_badly(reply);
}

int crash(const char* milliseconds) {
    (void)notify("READY=1");
    wait_for(milliseconds);
    complain("out of ideas");
    std::abort();
}

int exit_ready(const char* milliseconds) {
    (void)notify("READY=1");
    wait_for(milliseconds);
    return 0;
}

int eat_memory(const char*) {
    constexpr std::size_t k_bite_bytes = 16U << 20U;
    std::vector<std::vector<char>> eaten;
    for (;;)
        eaten.emplace_back(k_bite_bytes, 'x'); // written to, so that it counts
}

int eat_memory_ready(const char* milliseconds) {
    (void)notify("READY=1");
    wait_for(milliseconds);
    return eat_memory("");
}

int hang(const char*) {
    (void)notify("READY=1");
    wait_for_a_signal();
}

} // namespace

int main(int argc, char** argv) {
    const std::map<std::string_view, int (*)(const char*)> modes{
        {"exit", exit_at_once},
        {"far-clients-only", keep_clients_away},
        {"exit-later", exit_later},
        {"never-ready", never_ready},
        {"ignore-term", ignore_term},
        {"deaf", deaf},
        {"crash", crash},
        {"exit-ready", exit_ready},
        {"eat-memory", eat_memory},
        {"hang", hang},
        {"health", answer_badly},
        {"stubborn", stubborn},
        {"eat-memory-ready", eat_memory_ready},
    };
    const auto mode = modes.find(argc > 1 ? argv[1] : "");
    if (mode != modes.end()) return mode->second(argc > 2 ? argv[2] : "");
    complain("unknown mode");
    return 2;
}
