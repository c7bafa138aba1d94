// SPDX-License-Identifier: MIT
#include "libbaton/reply/reply_check.hpp"

#include <algorithm>

namespace baton::engine {
namespace {

constexpr std::string_view k_end_of_head = "\r\n\r\n";

} // namespace

void ReplyCheck::expect(Framing framing, std::uint64_t length) noexcept {
    is_expected_ = true;
    framing_ = framing;
    left_ = framing == Framing::length ? length : 0;
}

std::size_t ReplyCheck::admit_head(std::string_view bytes) noexcept {
    std::size_t used = 0;
    while (used < bytes.size() && head_ended_ < k_end_of_head.size()) {
        const char c = bytes[used++];
        if (c == k_end_of_head[head_ended_])
            ++head_ended_;
        else
            head_ended_ = c == '\r' ? 1 : 0;
    }
    return used;
}

std::size_t ReplyCheck::admit_chunks(std::string_view bytes) noexcept {
    std::size_t used = 0;
    while (used < bytes.size() && !decoder_.done() && !decoder_.malformed())
        used += decoder_.step(bytes.substr(used)).consumed;
    return used;
}

std::size_t ReplyCheck::admit_body(std::string_view bytes) noexcept {
    if (framing_ == Framing::end_of_connection) return bytes.size();
    if (framing_ == Framing::chunks) return admit_chunks(bytes);
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
    left_ -= size;
    return size;
}

std::string_view ReplyCheck::admit(std::string_view bytes) noexcept {
    if (!is_expected_) return bytes;
    auto used = admit_head(bytes);
    if (used < bytes.size()) {
        const auto of_body = admit_body(bytes.substr(used));
        body_has_begun_ |= of_body > 0;
        used += of_body;
    }
    too_much_ |= used < bytes.size();
    return bytes.substr(0, used);
}

bool ReplyCheck::whole() const noexcept {
    if (too_much_ || head_ended_ < k_end_of_head.size()) return false;
    return framing_ == Framing::chunks ? decoder_.done() : left_ == 0;
}

} // namespace baton::engine
