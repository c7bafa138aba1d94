// SPDX-License-Identifier: MIT
// Who answered when: the versions and processes named in replies, and which is newer. Pure; no I/O.
#pragma once

#include "load/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace baton::load {

struct Identity {
    std::string ver;
    std::string pid;
};

/// The strings "ver" and "pid" of a JSON object; nothing if `body` is not one or lacks them.
[[nodiscard]] std::optional<Identity> read_identity(std::string_view body);

/// One process of one version, as seen in replies.
struct VersionSeen {
    Identity identity;
    std::size_t generation = 0; ///< 0 is the oldest; see Roster
    TimePoint first;            ///< completion of its first reply
    TimePoint last;             ///< completion of its last reply
    std::uint64_t replies = 0;
    std::uint64_t old_after_new = 0; ///< replies on connections made after a newer generation had answered
};

/// Generations: a new process begins a new generation if its ver differs from the newest one's; otherwise it joins the
/// newest. So a roll back (2, 3, 2 in a new process) makes three, and a second worker of the same version adds none.
class Roster {
  public:
    /// The index in seen() of a body's identity; nothing if it has none. Caches bodies: cheap if they repeat.
    std::optional<std::size_t> find(std::string_view body);
    /// Counts a reply of seen()[index], completed at `now` on a connection whose connect(2) began at `connected`.
    void count(std::size_t index, TimePoint connected, TimePoint now);

    [[nodiscard]] const std::vector<VersionSeen>& seen() const noexcept { return seen_; }
    /// The process whose first reply is the latest; null if there is none.
    [[nodiscard]] const Identity* newest() const noexcept;

    static constexpr std::size_t k_most_processes = 4096; // later processes count as ver and pid "(more)"

  private:
    std::size_t enroll(Identity identity);

    std::vector<VersionSeen> seen_;
    std::vector<TimePoint> generation_began_;
    std::unordered_map<std::string, std::size_t> by_identity_;
    std::unordered_map<std::string, std::size_t> by_body_;
    std::optional<std::size_t> newest_;
    std::string last_body_;
    std::size_t last_index_ = 0;
};

} // namespace baton::load
