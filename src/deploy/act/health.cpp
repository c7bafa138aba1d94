// SPDX-License-Identifier: MIT
#include "deploy/act/health.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "deploy/wish/error_kinds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

namespace baton::deploy {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto k_pause = 50ms; // between two requests

[[noreturn]] void reject(const std::string& why) {
    throw Error{why, error_kind::rejected};
}

std::chrono::microseconds left(Clock::time_point deadline) {
    return std::max(std::chrono::duration_cast<std::chrono::microseconds>(deadline - Clock::now()), 1000us);
}

/// Proves that the answers come from the release that was just started.
void check_identity(const HealthCheck& check, Clock::time_point deadline) {
    std::string why;
    const auto state = check.socket.state(left(deadline), &why);
    if (!state) reject(fmt::format("asking the release who it is, at /.baton/state: {}", why));
    // A server started by a script is not the unit's main process, but it knows the invocation it belongs to.
    const bool same_start = state->invocation == check.invocation_id;
    const bool same_process = state->pid == std::to_string(check.main_pid) && state->invocation.empty();
    if (state->release == std::to_string(check.release) && (same_start || same_process)) return;
    // The program's own words go on a line of their own: everybody may see the first line.
    reject(fmt::format("asking the release who it is: it is not release {} with pid {} and invocation {}\n"
                       "  | it says release {}, pid {} and invocation {}",
                       check.release, check.main_pid, check.invocation_id, quote(state->release), quote(state->pid),
                       quote(state->invocation)));
}

} // namespace

void check_health(const HealthCheck& check) {
    const auto deadline = Clock::now() + check.limit;
    if (!check.socket.exists())
        reject("HealthPath is set, but the release has no private socket: listen on $BATON_PRIVATE_SOCKET "
               "(libbaton does), or leave HealthPath out");
    check_identity(check, deadline);
    ask_until_healthy(check.path, std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()),
                      [&](std::chrono::microseconds left) {
                          check.require_up();
                          return check.socket.get(check.path, check.host, left);
                      });
}

void ask_until_healthy(const std::string& path, std::chrono::milliseconds limit,
                       const std::function<HttpReply(std::chrono::microseconds left)>& ask) {
    const auto deadline = Clock::now() + limit;
    for (std::string instead;;) {
        const auto reply = ask(left(deadline));
        if (reply.status / 100 == 2) return;
        // The last request may have no time left for its answer; an earlier answer says more. The program's own words
        // go on a line of their own.
        if (reply.status != 0)
            instead = fmt::format("status {}{}{}", reply.status, reply.told.empty() ? "" : "\n  | ", reply.told);
        if (instead.empty()) instead = reply.why;
        if (Clock::now() + k_pause >= deadline)
            reject(fmt::format("asking {} for {}: no 2xx; the last answer: {}", quote(path), duration_text(limit),
                               instead));
        std::this_thread::sleep_for(k_pause);
    }
}

} // namespace baton::deploy
