// SPDX-License-Identifier: MIT
// Whether the client of a streamed reply is still there. One that has ended its side may be reading on, or be gone;
// only a byte sent to it tells. So it counts as there while it is given something.
#pragma once

#include "libbaton/io/output.hpp"
#include "libbaton/io/time.hpp"

#include <cstdint>

namespace baton::engine {

class ClientWatch {
  public:
    /// `given`: how much the client has been offered so far. One that has ended its side is gone when it has been
    /// offered nothing for `patience`.
    [[nodiscard]] bool is_there(const Output& output, std::uint64_t given, Milliseconds patience) noexcept {
        const auto state = output.client();
        if (state != Output::Client::ended) return state == Output::Client::there;
        if (since_ == Instant{} || given != given_) {
            since_ = now();
            given_ = given;
        }
        return now() - since_ < patience;
    }

  private:
    Instant since_{};
    std::uint64_t given_ = 0;
};

} // namespace baton::engine
