// SPDX-License-Identifier: MIT
#include "deploy/health.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <fmt/format.h>
#include <httplib.h>
#include <nlohmann/json.hpp>

#include <thread>

namespace baton::deploy {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto k_pause = 50ms; // between two questions

[[noreturn]] void reject(const std::string& why) {
    throw Error{why, ErrorKind::rejected};
}

httplib::Client client(const HealthCheck& check, Clock::time_point deadline) {
    httplib::Client http{check.socket.native()};
    http.set_address_family(AF_UNIX);
    const auto left = std::max(std::chrono::duration_cast<std::chrono::microseconds>(deadline - Clock::now()), 1000us);
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    http.set_connection_timeout(seconds.count(), (left - seconds).count());
    http.set_read_timeout(seconds.count(), (left - seconds).count());
    return http;
}

/// Proves that the answers come from the release that was just started.
void check_identity(const HealthCheck& check, Clock::time_point deadline) {
    const auto reply = client(check, deadline).Get("/.baton/state");
    if (!reply) reject(fmt::format("asking the release who it is: {}", httplib::to_string(reply.error())));
    const auto state = nlohmann::json::parse(reply->body, nullptr, false);
    const auto field = [&](const char* name) {
        const bool there = state.is_object() && state.contains(name);
        return !there ? "" : state[name].is_string() ? state[name].get<std::string>() : state[name].dump();
    };
    if (field("release") == std::to_string(check.release) && field("pid") == std::to_string(check.main_pid)) return;
    reject(fmt::format("asking the release who it is: found release {} and pid {}, expected {} and {}",
                       quote(field("release")), quote(field("pid")), check.release, check.main_pid));
}

/// What came instead of a 2xx; empty for a 2xx.
std::string ask(const HealthCheck& check, Clock::time_point deadline) {
    const auto reply = client(check, deadline).Get(check.path);
    if (!reply) return httplib::to_string(reply.error());
    return reply->status / 100 == 2 ? std::string{} : fmt::format("status {}", reply->status);
}

} // namespace

void check_health(const HealthCheck& check) {
    const auto deadline = Clock::now() + check.limit;
    std::error_code error;
    if (!std::filesystem::exists(check.socket, error))
        reject(
            "HealthPath is set, but the release has no private socket to be asked on: listen on $BATON_PRIVATE_SOCKET "
            "(libbaton does), or leave HealthPath out");
    check_identity(check, deadline);
    for (;;) {
        const auto instead = ask(check, deadline);
        if (instead.empty()) return;
        if (Clock::now() + k_pause >= deadline)
            reject(fmt::format("asking {} for {}: no 2xx; the last answer: {}", quote(check.path),
                               duration_text(check.limit), instead));
        std::this_thread::sleep_for(k_pause);
    }
}

} // namespace baton::deploy
