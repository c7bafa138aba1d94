// SPDX-License-Identifier: MIT
#include "deploy/tell/draining.hpp"

#include "deploy/running.hpp"
#include "deploy/units/private_socket.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace baton::deploy {

std::string DrainProgress::text() {
    constexpr std::chrono::milliseconds k_limit{200}; // a hanging release does not stop the others
    std::string text;
    left_ = 0;
    for (const auto& [release, state] : running_releases(context_)) {
        if (state != sd::ActiveState::deactivating) continue;
        text += fmt::format("{}release {} drains", text.empty() ? "" : "; ", release);
        const PrivateSocket socket{context_.paths, context_.name(), release};
        const auto told = socket.exists() ? socket.state(k_limit) : std::nullopt;
        if (!told) continue;
        text += fmt::format(": {} requests in flight, {} connections", told->in_flight, told->connections);
        left_ += told->connections;
    }
    most_ = std::max(most_, left_);
    return text;
}

double DrainProgress::share() const noexcept {
    return most_ == 0 ? 0.0 : 1.0 - static_cast<double>(left_) / static_cast<double>(most_);
}

} // namespace baton::deploy
