// SPDX-License-Identifier: MIT
// Whether the client of a streamed reply is still there. A client that has ended its side may still read, or be gone;
// only sending a byte shows which. So it counts as present while data is sent to it.
#pragma once

#include "libbaton/io/output.hpp"
#include "libbaton/io/time.hpp"

#include <cstdint>

namespace baton::engine {

class ClientWatch {
  public:
    /// `given`: the amount offered to the client so far. A client that has ended its side is gone if it was offered
    /// nothing for `patience`.
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
