// SPDX-License-Identifier: MIT
// The journal: structured messages written to it, and a unit's last lines read from it.
#pragma once

#include <chrono>
#include <cstddef>
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
    std::string_view message_id; ///< 32 hex digits with an entry in systemd/baton.catalog
    /// Further FIELD=value pairs; names are upper case, systemd.journal-fields(7).
    std::vector<std::pair<std::string, std::string>> fields;
};

/// Writes one entry; sd_journal_sendv(3). Where there is no journal the entry is lost: a deploy does not fail for that.
void send(const JournalMessage& message) noexcept;

/// A unit's run from one start to the next.
struct Invocation {
    std::string unit;
    std::string id;                    ///< 32 hex digits
    std::chrono::microseconds begun{}; ///< by CLOCK_MONOTONIC, in this boot
};

/// The last `count` lines that the processes of an invocation wrote, oldest first; fewer if they wrote fewer, or if the
/// journal cannot be read.
[[nodiscard]] std::vector<std::string> last_lines(const Invocation& invocation, std::size_t count);

/// What systemd itself said of that invocation, newest first; the last hundred lines at most.
[[nodiscard]] std::vector<std::string> lines_of_manager(const std::string& unit, const std::string& invocation_id);

/// True when standard error of this process is already a stream to the journal; systemd.exec(5) JOURNAL_STREAM.
[[nodiscard]] bool stderr_is_journal() noexcept;

} // namespace baton::sd
