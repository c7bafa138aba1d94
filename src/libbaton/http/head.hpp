// SPDX-License-Identifier: MIT
// A strict parser of one HTTP/1.x request head, RFC 9112 sections 2 to 6. Pure: it reads bytes and keeps views into
// them.
#pragma once

#include "libbaton/http/method.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace baton::http {

struct Field {
    std::string_view name;
    std::string_view value; ///< without surrounding white space
};

enum class BodyKind { none, length, chunked };
/// A content coding that is decoded here. Any other coding, like none, is left to the handler.
enum class ContentCoding { none, zlib, brotli };
enum class Expect { nothing, continue_100 };
enum class Persistence { close, keep_alive };

/// All views point into the parsed bytes.
struct Head {
    std::string_view method_name;
    Method method = Method::unknown;
    std::string_view target;
    int minor_version = 1; ///< HTTP/1.0 or 1.1; higher minor versions count as 1.1, RFC 9110 section 2.5
    std::vector<Field> fields;
    std::string_view host;
    std::string_view range;
    std::uint64_t content_length = 0;
    BodyKind body = BodyKind::none;
    ContentCoding coding = ContentCoding::none;
    Expect expect = Expect::nothing;
    Persistence persistence = Persistence::keep_alive;

    void clear() noexcept;
};

struct HeadLimits {
    std::size_t max_bytes;
    std::size_t max_target_bytes;
    std::size_t max_fields;
};

struct HeadResult {
    enum class State { complete, incomplete, refused };
    State state;
    std::size_t bytes = 0;   ///< complete: the length of the head, including its empty line
    int status = 0;          ///< refused: the reply's status; the connection must close, because its framing is unknown
    const char* reason = ""; ///< refused: a phrase for the client and the log
};

/// Parses the head at the start of `bytes` into `head`. Skips empty lines before it (RFC 9112 section 2.2) and counts
/// them in the result. Refuses at the first wrong byte, without waiting for the rest.
[[nodiscard]] HeadResult parse_head(std::string_view bytes, const HeadLimits& limits, Head& head);

} // namespace baton::http
