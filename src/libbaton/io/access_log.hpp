// SPDX-License-Identifier: MIT
// Writes one journal entry per request, in the journal's native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL). Workers
// queue entries and a separate thread sends them: a slow or missing journal loses entries, which are counted, but
// delays no request.
#pragma once

#include "base/fd.hpp"
#include "libbaton/io/thread.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace baton::engine {

struct AccessEntry {
    std::string method; ///< empty, like the others, if the head could not be parsed
    std::string path;   ///< as received, without the query
    std::string user_agent;
    std::string peer;
    int status = 0;
    std::uint64_t sent_bytes = 0; ///< head and body
    std::chrono::nanoseconds duration{};
};

/// The datagram for `entry`: KEY=value lines. Ambiguous characters, and those that a terminal could obey (quotes,
/// backslashes, everything except printable ASCII), are written as \xNN. Appends the lines in `more`.
[[nodiscard]] std::string journal_datagram(const AccessEntry& entry, const std::string& more);

class AccessLog {
  public:
    static constexpr const char* k_journal = "/run/systemd/journal/socket";
    static constexpr std::size_t k_most_queued_bytes = 4UL << 20U;

    /// `more`: extra lines for each entry, see journal_datagram(). Throws Error.
    explicit AccessLog(std::string more, std::string journal = k_journal);
    /// Sends the queued entries, for at most a second.
    ~AccessLog();
    AccessLog(const AccessLog&) = delete;
    AccessLog& operator=(const AccessLog&) = delete;

    /// Any thread; never waits. Drops the entry if the queue is full.
    void write(AccessEntry entry) noexcept;
    [[nodiscard]] std::uint64_t lost() const noexcept { return lost_.load(std::memory_order_relaxed); }

    /// $BATON_ACCESS_LOG, a boolean as in systemd; `otherwise` if unset or not a boolean.
    [[nodiscard]] static bool is_wanted(bool otherwise);

  private:
    void send_until_stopped() noexcept;
    void send_queued(std::vector<AccessEntry>& batch);
    [[nodiscard]] bool send(const std::string& datagram) noexcept;
    [[nodiscard]] bool connect() noexcept;
    void complain() noexcept;

    const std::string more_;
    const std::string journal_;
    std::mutex mutex_; ///< guards queue_ to stopping_
    std::condition_variable changed_;
    std::vector<AccessEntry> queue_;
    std::size_t queued_bytes_ = 0;
    bool stopping_ = false;
    std::atomic<std::uint64_t> lost_{0};
    std::uint64_t lost_told_ = 0;
    std::chrono::milliseconds silent_until_{};
    Fd socket_;
    std::unique_ptr<Thread> thread_;
};

} // namespace baton::engine
