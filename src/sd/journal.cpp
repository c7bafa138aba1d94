// SPDX-License-Identifier: MIT
#include "sd/journal.hpp"

#include <fmt/format.h>
#include <systemd/sd-journal.h>

#include <sys/stat.h>
#include <sys/uio.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace baton::sd {

void send(const JournalMessage& message) noexcept try {
    std::vector<std::string> lines{"MESSAGE=" + message.text,
                                   fmt::format("PRIORITY={}", static_cast<int>(message.priority)),
                                   "SYSLOG_IDENTIFIER=baton"};
    if (!message.message_id.empty()) lines.push_back(fmt::format("MESSAGE_ID={}", message.message_id));
    for (const auto& [name, value] : message.fields)
        lines.push_back(name + "=" + value);
    std::vector<iovec> vectors;
    for (auto& line : lines)
        vectors.push_back({line.data(), line.size()});
    (void)sd_journal_sendv(vectors.data(), static_cast<int>(vectors.size()));
} catch (...) { // out of memory: see above
}

std::vector<std::string> last_lines(const std::string& invocation_id, std::size_t count) {
    std::vector<std::string> lines;
    sd_journal* raw = nullptr;
    if (invocation_id.empty() || sd_journal_open(&raw, SD_JOURNAL_LOCAL_ONLY) < 0) return lines;
    const std::unique_ptr<sd_journal, void (*)(sd_journal*)> journal{raw, sd_journal_close};
    const auto match = "_SYSTEMD_INVOCATION_ID=" + invocation_id;
    if (sd_journal_add_match(raw, match.data(), match.size()) < 0 || sd_journal_seek_tail(raw) < 0) return lines;
    constexpr std::string_view k_prefix = "MESSAGE=";
    while (lines.size() < count && sd_journal_previous(raw) > 0) {
        const void* data = nullptr;
        std::size_t size = 0;
        if (sd_journal_get_data(raw, "MESSAGE", &data, &size) < 0 || size < k_prefix.size()) continue;
        lines.emplace_back(static_cast<const char*>(data) + k_prefix.size(), size - k_prefix.size());
    }
    std::reverse(lines.begin(), lines.end());
    return lines;
}

bool stderr_is_journal() noexcept {
    const char* stream = std::getenv("JOURNAL_STREAM");
    struct stat st {};
    if (stream == nullptr || ::fstat(2, &st) < 0) return false;
    return fmt::format("{}:{}", st.st_dev, st.st_ino) == stream;
}

} // namespace baton::sd
