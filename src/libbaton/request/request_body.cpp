// SPDX-License-Identifier: MIT
#include "libbaton/request/request_body.hpp"

#include <algorithm>
#include <cstring>

namespace baton::engine {

namespace {

constexpr std::size_t k_spool_part_bytes = 32 * 1024;

} // namespace

RequestBody::State RequestBody::first_state(http::BodyKind kind) noexcept {
    return kind == http::BodyKind::none ? State::finished : State::more;
}

RequestBody::RequestBody(const http::Head& head, const Source& source, const Options& options,
                         std::size_t payload_limit)
    : source_{source},
      options_{options},
      kind_{head.body},
      state_{first_state(head.body)},
      left_{head.content_length},
      limit_{std::min(options.limits.max_body_bytes, payload_limit)},
      expects_continue_{head.expect == http::Expect::continue_100 && source.input.view().empty()},
      content_decoder_(http::make_content_decoder(head.coding)) {
    if (source_.spool != nullptr) spooled_part_.resize(k_spool_part_bytes);
    if (content_decoder_) limit_ = std::min<std::uint64_t>(limit_, options.limits.max_decompressed_bytes);
}

/// A buffered part of the body, at most `most` bytes; consumed from the input once it is copied.
std::string_view RequestBody::decode(std::size_t most) noexcept {
    const auto buffered = source_.input.view();
    if (kind_ == http::BodyKind::length) {
        const auto data = buffered.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, most)));
        left_ -= data.size();
        source_.input.consume(data.size());
        if (left_ == 0) state_ = State::finished;
        return data;
    }
    // The decoder may get less than is available, so it returns no more data than fits.
    std::size_t used = 0;
    std::string_view data;
    while (used < buffered.size() && data.empty() && !decoder_.done() && !decoder_.malformed()) {
        const auto step = decoder_.step(buffered.substr(used, std::max<std::size_t>(most, 1)));
        used += step.consumed;
        data = step.data;
    }
    source_.input.consume(used);
    if (decoder_.done()) state_ = State::finished;
    if (decoder_.malformed()) state_ = State::malformed;
    return data;
}

void RequestBody::receive_more(Output& output) noexcept {
    auto received = source_.input.receive(source_.socket);
    if (received == Received::nothing) {
        output.flush();
        if (expects_continue_ && !source_.continue_sent && received_ == 0) // the client holds its body back
            (void)say_continue(source_.socket, source_.continue_sent);
        const auto patience = options_.timeouts.body;
        source_.pace.pause(now() - waited_until_);
        const auto time = source_.pace.progress(received_, patience, options_.limits) - now();
        if (time > Milliseconds{0}) received = source_.input.receive(source_.socket, time);
    }
    waited_until_ = now();
    if (received == Received::nothing) state_ = State::timed_out;
    if (received == Received::end || received == Received::failed) state_ = State::broken;
}

std::string_view RequestBody::read_spool(std::size_t most) noexcept {
    const auto got = source_.spool->read(spooled_part_.data(), std::min(most, spooled_part_.size()));
    if (got == 0) state_ = State::finished;
    if (got < 0) state_ = State::lost;
    return std::string_view{spooled_part_}.substr(0, static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
}

/// Waits for a part of the body, at most `most` bytes. Empty: no more; see state_.
std::string_view RequestBody::next_part(std::size_t most, Output& output) noexcept {
    if (source_.spool != nullptr && state_ == State::more) return read_spool(most);
    while (state_ == State::more) {
        const auto part = decode(most);
        received_ += part.size();
        if (!part.empty()) return part;
        if (state_ == State::more) receive_more(output);
    }
    return {};
}

/// Counts the data given to the handler; false: too much.
bool RequestBody::count(std::size_t bytes) noexcept {
    const auto free = options_.limits.buffered_body_bytes - std::min(given_, options_.limits.buffered_body_bytes);
    given_ += bytes;
    if (given_ > limit_) state_ = State::too_large;
    if (given_ <= limit_ && bytes > free && share_ && !share_->take(bytes - free)) state_ = State::no_room;
    return state_ != State::too_large && state_ != State::no_room;
}

ssize_t RequestBody::read(char* data, std::size_t size, Output& output) noexcept {
    if (content_decoder_) return read_coded(data, size, output);
    const auto part = next_part(size, output);
    if (part.empty()) return finished() ? 0 : -1;
    if (!count(part.size())) return -1;
    std::memcpy(data, part.data(), part.size());
    return static_cast<ssize_t>(part.size());
}

ssize_t RequestBody::read_coded(char* data, std::size_t size, Output& output) noexcept {
    while (true) {
        const auto step = content_decoder_->step(coded_, data, size);
        coded_.remove_prefix(step.consumed);
        if (content_decoder_->malformed()) state_ = State::malformed;
        if (failure_status() != 0 || !count(step.produced)) return -1;
        if (step.produced > 0) return static_cast<ssize_t>(step.produced);
        if (step.consumed > 0) continue;
        coded_ = next_part(source_.input.capacity(), output);
        if (!coded_.empty()) continue;
        if (finished() && !content_decoder_->done()) state_ = State::malformed; // cut short
        return finished() ? 0 : -1;
    }
}

std::size_t RequestBody::expected_bytes() const noexcept {
    if (content_decoder_) return limit_;
    if (source_.spool != nullptr) return source_.spool->received();
    return 0;
}

void RequestBody::skip_buffered() noexcept {
    if (source_.spool != nullptr && state_ == State::more) state_ = State::finished; // it has been received completely
    while (state_ == State::more && !source_.input.view().empty())
        (void)decode(source_.input.view().size());
}

int RequestBody::failure_status() const noexcept {
    switch (state_) {
    case State::malformed:
    case State::broken:
        return 400;
    case State::too_large:
        return 413;
    case State::no_room:
        return 503;
    case State::timed_out:
        return 408;
    case State::lost: // our own spool file
        return 500;
    case State::more:
    case State::finished:
        break;
    }
    return 0;
}

} // namespace baton::engine
