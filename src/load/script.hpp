// SPDX-License-Identifier: MIT
// The requests of one mode and the judgement of its replies. A script holds no connection and no clock.
#pragma once

#include "load/clock.hpp"
#include "load/config.hpp"
#include "load/identity.hpp"
#include "load/reply_parser.hpp"
#include "load/target.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace baton::load {

/// The requests of one write. `head` may hold several whole requests; with a body it holds only one.
struct Request {
    std::string head;
    unsigned replies = 1; ///< number of replies expected
    std::string body;     ///< sent in pieces after the head; empty: none
    std::size_t piece_bytes = 0;
    Duration pause{0};    ///< between two pieces
    bool chunked = false; ///< each piece is a chunk
    std::string digest;   ///< SHA-256 of the body, hex
};

/// The judgement of a reply.
struct Verdict {
    std::string_view complaint;            ///< why the body is bad; empty: good
    std::optional<std::size_t> identity{}; ///< who answered, in the roster
};

class Script {
  public:
    Script() = default;
    Script(const Script&) = delete;
    Script& operator=(const Script&) = delete;
    virtual ~Script() = default;

    /// Fills `request`, which may still hold the previous one.
    virtual void compose(Request& request) = 0;
    /// Judges a complete 2xx reply to `request`.
    [[nodiscard]] virtual Verdict judge(const ReplyParser& reply, const Request& request) = 0;
};

/// The script for `mode`. It looks up the versions in replies in `roster`, which must outlive it.
[[nodiscard]] std::unique_ptr<Script> make_script(const ModeConfig& mode, const Config& config, const Target& target,
                                                  Roster& roster);

} // namespace baton::load
