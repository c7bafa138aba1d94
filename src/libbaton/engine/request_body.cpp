// SPDX-License-Identifier: MIT
#include "libbaton/engine/request_body.hpp"

#include "libbaton/engine/deadlines.hpp"

#include <algorithm>
#include <cstring>

namespace baton::engine {

RequestBody::RequestBody(const http::Head& head, Input& input, Connection& connection, const Options& options) noexcept
    : input_{input}, connection_{connection}, options_{options}, kind_{head.body},
      state_{head.body == http::BodyKind::none ? State::finished : State::more}, left_{head.content_length} {}

/// A part of the body that is buffered, at most `most` bytes; consumed from the input once it is copied.
std::string_view RequestBody::decode(std::size_t most) noexcept {
    const auto buffered = input_.view();
    if (kind_ == http::BodyKind::length) {
        const auto data = buffered.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, most)));
        left_ -= data.size();
        input_.consume(data.size());
        if (left_ == 0) state_ = State::finished;
        return data;
    }
    // The decoder may be given less than there is: it is asked for no more data than fits.
    std::size_t used = 0;
    std::string_view data;
    while (used < buffered.size() && data.empty() && !decoder_.done() && !decoder_.malformed()) {
        const auto step = decoder_.step(buffered.substr(used, std::max<std::size_t>(most, 1)));
        used += step.consumed;
        data = step.data;
    }
    input_.consume(used);
    if (decoder_.done()) state_ = State::finished;
    if (decoder_.malformed()) state_ = State::malformed;
    return data;
}

void RequestBody::receive_more(Output& output) noexcept {
    auto received = input_.receive(connection_.socket.get());
    if (received == Received::nothing) {
        output.flush();
        const auto patience = options_.timeouts.body;
        const bool too_slow = now() >= message_deadline(connection_.since, patience, received_, options_.limits);
        received = too_slow ? Received::nothing : input_.receive(connection_.socket.get(), patience);
    }
    if (received == Received::nothing) state_ = State::timed_out;
    if (received == Received::end || received == Received::failed) state_ = State::broken;
}

ssize_t RequestBody::read(char* data, std::size_t size, Output& output) noexcept {
    while (state_ == State::more) {
        const auto part = decode(size);
        received_ += part.size();
        if (received_ > options_.limits.max_body_bytes)
            state_ = State::too_large;
        else if (!part.empty()) {
            std::memcpy(data, part.data(), part.size());
            return static_cast<ssize_t>(part.size());
        }
        if (state_ == State::more) receive_more(output);
    }
    return finished() ? 0 : -1;
}

void RequestBody::skip_buffered() noexcept {
    while (state_ == State::more && !input_.view().empty())
        (void)decode(input_.view().size());
}

int RequestBody::failure_status() const noexcept {
    switch (state_) {
    case State::malformed:
    case State::broken:
        return 400;
    case State::too_large:
        return 413;
    case State::timed_out:
        return 408;
    case State::more:
    case State::finished:
        break;
    }
    return 0;
}

} // namespace baton::engine
