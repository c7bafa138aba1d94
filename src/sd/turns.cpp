// SPDX-License-Identifier: MIT
#include "sd/turns.hpp"

#include "base/error.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <system_error>
#include <thread>

namespace baton::sd {
namespace {

using namespace std::chrono_literals;

constexpr int k_turns = 8;            // more would not be faster: the manager is one thread
constexpr auto k_longest_wait = 3min; // a boot of a thousand sites takes longer than one
// No call waits for the first of several locks. At first so often, and less often if it takes long: there is a crowd.
constexpr std::chrono::milliseconds k_look_again = 20ms;
constexpr std::chrono::milliseconds k_look_again_at_least = 200ms;

} // namespace

std::optional<Lock> Turns::try_take(int turn) const {
    return Lock::try_take(directory_ / std::to_string(turn % k_turns));
}

std::optional<Lock> Turns::find_free() const {
    std::optional<Lock> lock;
    for (int turn = 0; turn < k_turns && !lock; ++turn)
        lock = try_take(turn);
    return lock;
}

void Turns::take() try {
    if (directory_.empty() || turn_) return;
    std::error_code ignored;
    std::filesystem::create_directories(directory_, ignored);
    const auto deadline = std::chrono::steady_clock::now() + k_longest_wait;
    turn_ = find_free();
    auto pause = k_look_again;
    for (int turn = ::getpid(); !turn_ && std::chrono::steady_clock::now() < deadline; ++turn) {
        std::this_thread::sleep_for(pause);
        pause = std::min(pause + pause / 4, k_look_again_at_least);
        turn_ = try_take(turn); // one each time: a thousand processes may wait
    }
} catch (const Error&) { // see the header
}

bool Turns::are_all_taken() const try { return !directory_.empty() && !find_free(); } catch (const Error&) {
    return false;
}

} // namespace baton::sd
