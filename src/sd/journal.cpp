// SPDX-License-Identifier: MIT
#include "sd/journal.hpp"

#include "base/fd.hpp"

#include <fmt/format.h>
#include <systemd/sd-journal.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
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

namespace {

/// What `journalctl --sync` does: returns when journald has written what it had received. Bounded; without an answer
/// the last lines may be missing, which is no failure.
void synchronize() {
    constexpr timeval k_patience{.tv_sec = 2, .tv_usec = 0};
    constexpr std::string_view k_path = "/run/systemd/journal/io.systemd.journal";
    constexpr std::string_view k_call{"{\"method\":\"io.systemd.Journal.Synchronize\"}\0", 44};
    static_assert(k_call.back() == '\0'); // ends a Varlink message
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, k_path.data(), k_path.size());
    const Fd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    (void)::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &k_patience, sizeof k_patience);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) return;
    if (::send(fd.get(), k_call.data(), k_call.size(), MSG_NOSIGNAL) < 0) return;
    char end = 1;
    while (end != '\0' && ::recv(fd.get(), &end, 1, 0) == 1) {
    }
}

} // namespace

std::vector<std::string> last_lines(const std::string& invocation_id, std::size_t count) {
    std::vector<std::string> lines;
    synchronize();
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
