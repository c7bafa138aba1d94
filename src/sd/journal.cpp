// SPDX-License-Identifier: MIT
#include "sd/journal.hpp"

#include "base/fd.hpp"
#include "base/socket_name.hpp"

#include <fmt/format.h>
#include <systemd/sd-journal.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <thread>

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

/// Does what `journalctl --sync` does: returns when journald has written everything it had received. journald does that
/// for root alone. The wait is bounded; without an answer the last lines may be missing, which is not an error.
void synchronize() {
    constexpr timeval k_patience{.tv_sec = 2, .tv_usec = 0};
    constexpr std::string_view k_path = "/run/systemd/journal/io.systemd.journal";
    constexpr std::string_view k_call{"{\"method\":\"io.systemd.Journal.Synchronize\"}\0", 44};
    static_assert(k_call.back() == '\0'); // ends a Varlink message
    const auto address = unix_address(k_path);
    const Fd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    (void)::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &k_patience, sizeof k_patience);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) < 0) return;
    if (::send(fd.get(), k_call.data(), k_call.size(), MSG_NOSIGNAL) < 0) return;
    char end = 1;
    while (end != '\0' && ::recv(fd.get(), &end, 1, 0) == 1) {
    }
}

/// The value of a field of the current entry.
std::optional<std::string> field(sd_journal* journal, const std::string& name) {
    const void* data = nullptr;
    std::size_t size = 0;
    if (sd_journal_get_data(journal, name.c_str(), &data, &size) < 0 || size < name.size() + 1) return std::nullopt;
    return std::string{static_cast<const char*>(data) + name.size() + 1, size - name.size() - 1};
}

using Journal = std::unique_ptr<sd_journal, void (*)(sd_journal*)>;

Journal open_journal() {
    sd_journal* raw = nullptr;
    if (sd_journal_open(&raw, SD_JOURNAL_LOCAL_ONLY) < 0) raw = nullptr;
    return {raw, sd_journal_close};
}

bool match(const Journal& journal, const std::string& text) {
    return sd_journal_add_match(journal.get(), text.data(), text.size()) >= 0;
}

/// The unit's processes; systemd.journal-fields(7). Anybody may have a unit of that name in a manager of their own.
bool match_unit(const Journal& journal, const Invocation& invocation) {
    if (invocation.scope == Scope::system) return match(journal, "_SYSTEMD_UNIT=" + invocation.unit);
    const auto user = fmt::format("_UID={}", ::geteuid());
    // Their managers do not name the unit, so what a process wrote that was gone too early has only its number.
    return match(journal, "_SYSTEMD_USER_UNIT=" + invocation.unit) && match(journal, user) &&
           sd_journal_add_disjunction(journal.get()) >= 0 &&
           match(journal, fmt::format("_PID={}", invocation.main_pid)) && match(journal, user);
}

/// What the manager says of the unit.
bool match_manager(const Journal& journal, const Invocation& invocation) {
    if (invocation.scope == Scope::system)
        return match(journal, "_PID=1") && match(journal, "UNIT=" + invocation.unit) &&
               match(journal, "INVOCATION_ID=" + invocation.id);
    return match(journal, fmt::format("_UID={}", ::geteuid())) && match(journal, "USER_UNIT=" + invocation.unit) &&
           match(journal, "USER_INVOCATION_ID=" + invocation.id);
}

/// What a user's manager says of a process's end comes after what the process wrote.
void await_end(const Invocation& invocation) {
    using namespace std::chrono_literals;
    constexpr auto k_end = "MESSAGE_ID=98e322203f7a4ed290d09fe03c09fe15"; // SD_MESSAGE_UNIT_PROCESS_EXIT, sd-messages.h
    constexpr auto k_look_again = 10ms;
    for (auto left = 1000ms; left > 0ms && !invocation.id.empty(); left -= k_look_again) {
        const auto journal = open_journal();
        if (!journal || (match_manager(journal, invocation) && match(journal, k_end) &&
                         sd_journal_seek_tail(journal.get()) >= 0 && sd_journal_previous(journal.get()) > 0))
            return;
        std::this_thread::sleep_for(k_look_again);
    }
}

/// Returns when the journal has everything that the invocation has written until now.
void wait_for_journald(const Invocation& invocation) {
    invocation.scope == Scope::user ? await_end(invocation) : synchronize();
}

/// If a process was gone before journald looked at it, journald knows only the unit; a unit of this name may have run
/// before.
bool is_of(sd_journal* journal, const Invocation& invocation) {
    if (const auto id = field(journal, "_SYSTEMD_INVOCATION_ID")) return *id == invocation.id;
    std::uint64_t received = 0; // fails for an entry of another boot
    return sd_journal_get_monotonic_usec(journal, &received, nullptr) >= 0 &&
           received >= static_cast<std::uint64_t>(invocation.begun.count());
}

std::vector<std::string> read_last_lines(const Invocation& invocation, std::size_t count) {
    std::vector<std::string> lines;
    const auto journal = open_journal();
    if (!journal || !match(journal, "_SYSTEMD_INVOCATION_ID=" + invocation.id) ||
        sd_journal_add_disjunction(journal.get()) < 0 || !match_unit(journal, invocation) ||
        sd_journal_seek_tail(journal.get()) < 0)
        return lines;
    while (lines.size() < count && sd_journal_previous(journal.get()) > 0) {
        if (!is_of(journal.get(), invocation)) continue;
        if (auto line = field(journal.get(), "MESSAGE")) lines.push_back(std::move(*line));
    }
    std::reverse(lines.begin(), lines.end());
    return lines;
}

bool is_since(sd_journal* journal, std::chrono::system_clock::time_point since) {
    std::uint64_t usec = 0;
    return sd_journal_get_realtime_usec(journal, &usec) >= 0 &&
           std::chrono::system_clock::time_point{std::chrono::microseconds{usec}} >= since;
}

} // namespace

std::vector<std::string> last_lines(const Invocation& invocation, std::size_t count) {
    using namespace std::chrono_literals;
    if (invocation.id.empty()) return {};
    wait_for_journald(invocation);
    // journald writes to the files while we read them. On a busy host, lines that are there are not always found at
    // once.
    std::vector<std::string> lines;
    for (int attempt = 0; attempt < 3 && lines.empty(); ++attempt) {
        if (attempt > 0) std::this_thread::sleep_for(20ms);
        lines = read_last_lines(invocation, count);
    }
    return lines;
}

std::vector<std::string> lines_of_manager(const Invocation& invocation) {
    constexpr std::size_t k_most_lines = 100;
    std::vector<std::string> lines;
    wait_for_journald(invocation);
    const auto journal = open_journal();
    if (!journal || invocation.id.empty() || !match_manager(journal, invocation) ||
        sd_journal_seek_tail(journal.get()) < 0)
        return lines;
    while (lines.size() < k_most_lines && sd_journal_previous(journal.get()) > 0)
        if (auto line = field(journal.get(), "MESSAGE")) lines.push_back(std::move(*line));
    return lines;
}

std::vector<std::string> lines_since(const std::string& unit, std::chrono::system_clock::time_point since,
                                     std::size_t count) {
    std::vector<std::string> lines;
    const auto journal = open_journal();
    if (!journal || !match(journal, "_SYSTEMD_UNIT=" + unit) || sd_journal_seek_tail(journal.get()) < 0) return lines;
    while (lines.size() < count && sd_journal_previous(journal.get()) > 0 && is_since(journal.get(), since))
        if (auto line = field(journal.get(), "MESSAGE")) lines.push_back(std::move(*line));
    std::reverse(lines.begin(), lines.end());
    return lines;
}

std::string failure_since(const std::string& unit, std::chrono::system_clock::time_point since) {
    constexpr auto k_failed = "MESSAGE_ID=d9b373ed55a64feb8242e02dbe79a49c"; // SD_MESSAGE_UNIT_FAILURE_RESULT_STR
    const auto journal = open_journal();
    const bool is_there = journal && match(journal, "_PID=1") && match(journal, "UNIT=" + unit) &&
                          match(journal, k_failed) && sd_journal_seek_tail(journal.get()) >= 0 &&
                          sd_journal_previous(journal.get()) > 0 && is_since(journal.get(), since);
    return is_there ? field(journal.get(), "UNIT_RESULT").value_or("") : "";
}

bool may_read_journal(Scope scope) {
    namespace fs = std::filesystem;
    std::vector<std::string> names{"system.journal"};
    if (scope == Scope::user) names.push_back(fmt::format("user-{}.journal", ::getuid())); // not of system users
    bool is_any_there = false;
    std::error_code error; // a missing directory has none
    for (const auto* const place : {"/var/log/journal", "/run/log/journal"})
        for (const auto& machine : fs::directory_iterator{place, error})
            for (const auto& name : names) {
                const auto file = machine.path() / name;
                if (::access(file.c_str(), R_OK) == 0) return true;
                is_any_there = is_any_there || ::access(file.c_str(), F_OK) == 0;
            }
    return !is_any_there;
}

bool stderr_is_journal() noexcept {
    const char* stream = std::getenv("JOURNAL_STREAM");
    struct stat st = {};
    if (stream == nullptr || ::fstat(2, &st) < 0) return false;
    return fmt::format("{}:{}", st.st_dev, st.st_ino) == stream;
}

} // namespace baton::sd
