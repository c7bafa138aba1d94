// SPDX-License-Identifier: MIT
// The journal: structured messages written to it, and a unit's last lines read from it.
#pragma once

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

/// The last `count` lines that the processes of one invocation of a unit wrote, oldest first; fewer if it wrote fewer,
/// or if the journal cannot be read. `invocation_id` is 32 hex digits.
[[nodiscard]] std::vector<std::string> last_lines(const std::string& invocation_id, std::size_t count);

/// True when standard error of this process is already a stream to the journal; systemd.exec(5) JOURNAL_STREAM.
[[nodiscard]] bool stderr_is_journal() noexcept;

} // namespace baton::sd
