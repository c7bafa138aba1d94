// SPDX-License-Identifier: MIT
// The journal: writes structured messages to it, and reads a unit's last lines from it.
#pragma once

#include "sd/scope.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace baton::sd {

/// syslog(3) levels as the journal's PRIORITY=.
enum class Priority { error = 3, warning = 4, notice = 5, info = 6, debug = 7 };

struct JournalMessage {
    std::string text; ///< one sentence
    Priority priority = Priority::info;
    std::string_view message_id; ///< 32 hex digits; systemd/baton.catalog has an entry for it
    /// More FIELD=value pairs; names are upper case, systemd.journal-fields(7).
    std::vector<std::pair<std::string, std::string>> fields;
};

/// Writes one entry; sd_journal_sendv(3). Without a journal the entry is lost: a deploy does not fail for that.
void send(const JournalMessage& message) noexcept;

/// A unit's run from one start to the next.
struct Invocation {
    std::string unit;
    std::string id;                    ///< 32 hex digits
    std::chrono::microseconds begun{}; ///< CLOCK_MONOTONIC, in this boot
    Scope scope = Scope::system;       ///< whose unit it is; Scope::user: the caller's
    std::uint32_t main_pid = 0;        ///< also of a main process that has ended
};

/// The last `count` lines that the processes of an invocation wrote, oldest first. Fewer if they wrote fewer, or if the
/// journal cannot be read.
[[nodiscard]] std::vector<std::string> last_lines(const Invocation& invocation, std::size_t count);

/// What its manager logged about that invocation, newest first; at most the last hundred lines.
[[nodiscard]] std::vector<std::string> lines_of_manager(const Invocation& invocation);

/// The last `count` lines that the processes of `unit` wrote since then, in any of its runs, oldest first.
[[nodiscard]] std::vector<std::string> lines_since(const std::string& unit, std::chrono::system_clock::time_point since,
                                                   std::size_t count);

/// systemd's word for how `unit` failed last, if it did since then: "timeout", "signal"; empty if it did not.
[[nodiscard]] std::string failure_since(const std::string& unit, std::chrono::system_clock::time_point since);

/// Whether the caller may read what was logged about units of that manager: the system's journal, and for the caller's
/// own manager also the caller's. systemd-journald(8) ACCESS CONTROL. True where there is no journal.
[[nodiscard]] bool may_read_journal(Scope scope);

/// True if this process's standard error is a stream to the journal; systemd.exec(5) JOURNAL_STREAM.
[[nodiscard]] bool stderr_is_journal() noexcept;

} // namespace baton::sd
