// SPDX-License-Identifier: MIT
// One journal entry for each request, in the journal's native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL). Workers
// queue, a thread of its own sends: a journal that is slow or away costs entries, which are counted, and no request.
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
    std::string method; ///< empty, as the others, where the head was not to be understood
    std::string path;   ///< as it came, without the query
    std::string user_agent;
    std::string peer;
    int status = 0;
    std::uint64_t sent_bytes = 0; ///< head and body
    std::chrono::nanoseconds duration{};
};

/// The datagram for `entry`: KEY=value lines. What could be taken for something else, or by a terminal for a command
/// (quotes, backslashes, all but printable ASCII), is written \xNN. `more` is appended; lines as well.
[[nodiscard]] std::string journal_datagram(const AccessEntry& entry, const std::string& more);

class AccessLog {
  public:
    static constexpr const char* k_journal = "/run/systemd/journal/socket";
    static constexpr std::size_t k_most_queued_bytes = 4UL << 20U;

    /// `more` are lines for each entry, see journal_datagram(). Throws Error.
    explicit AccessLog(std::string more, std::string journal = k_journal);
    /// Sends what is queued, for a second at most.
    ~AccessLog();
    AccessLog(const AccessLog&) = delete;
    AccessLog& operator=(const AccessLog&) = delete;

    /// Any thread; waits for nobody. Loses the entry when too much is queued.
    void write(AccessEntry entry) noexcept;
    [[nodiscard]] std::uint64_t lost() const noexcept { return lost_.load(std::memory_order_relaxed); }

    /// $BATON_ACCESS_LOG, a boolean as systemd's; unset, or none: `otherwise`.
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
