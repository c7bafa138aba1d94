// SPDX-License-Identifier: MIT
#include "libbaton/io/access_log.hpp"

#include "base/socket_name.hpp"
#include "libbaton/io/log.hpp"
#include "libbaton/io/time.hpp"

#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace baton::engine {
namespace {

constexpr Milliseconds k_complaint_interval{10'000};

void append_escaped(std::string& text, std::string_view value) {
    constexpr std::string_view k_digits = "0123456789ABCDEF";
    for (const char c : value) {
        if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
            text += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        text.append("\\x");
        text += k_digits[byte >> 4U];
        text += k_digits[byte & 15U];
    }
}

void append_line(std::string& text, const char* key, std::string_view value) {
    if (value.empty()) return;
    text.append(key) += '=';
    append_escaped(text, value);
    text += '\n';
}

std::size_t size_of(const AccessEntry& entry) {
    return sizeof entry + entry.method.size() + entry.path.size() + entry.user_agent.size() + entry.peer.size();
}

std::string milliseconds_text(std::chrono::nanoseconds duration) {
    std::array<char, 32> text{};
    (void)std::snprintf(text.data(), text.size(), "%.3f ms",
                        std::chrono::duration<double, std::milli>{duration}.count());
    return text.data();
}

} // namespace

std::string journal_datagram(const AccessEntry& entry, const std::string& more) {
    const auto usec = std::chrono::duration_cast<std::chrono::microseconds>(entry.duration).count();
    const auto status = std::to_string(entry.status);
    const auto bytes = std::to_string(entry.sent_bytes);
    std::string text = "MESSAGE=" + entry.peer + " \"";
    append_escaped(text, entry.method.empty() ? "-" : entry.method + " " + entry.path);
    text.append("\" ").append(status).append(" ").append(bytes).append(" B ");
    text.append(milliseconds_text(entry.duration)).append("\nPRIORITY=6\nSYSLOG_IDENTIFIER=baton-access\n");
    append_line(text, "HTTP_METHOD", entry.method);
    append_line(text, "HTTP_PATH", entry.path);
    append_line(text, "HTTP_STATUS", status);
    append_line(text, "HTTP_BYTES", bytes);
    append_line(text, "HTTP_DURATION_USEC", std::to_string(usec));
    append_line(text, "HTTP_PEER", entry.peer);
    append_line(text, "HTTP_USER_AGENT", entry.user_agent);
    return text.append(more);
}

bool AccessLog::is_wanted(bool otherwise) {
    constexpr std::array<std::string_view, 8> k_words{"1", "yes", "true", "on", "0", "no", "false", "off"};
    const char* const text = std::getenv("BATON_ACCESS_LOG");
    if (text == nullptr || *text == '\0') return otherwise;
    const auto* const found = std::find(k_words.begin(), k_words.end(), std::string_view{text});
    if (found != k_words.end()) return found < k_words.begin() + 4;
    log(Level::warning, std::string{"reading $BATON_ACCESS_LOG: '"} + text + "' is neither 1 nor 0, ignored");
    return otherwise;
}

AccessLog::AccessLog(std::string more, std::string journal) : more_{std::move(more)}, journal_{std::move(journal)} {
    thread_ = std::make_unique<Thread>("baton-access", [this] { send_until_stopped(); });
}

AccessLog::~AccessLog() {
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
    }
    changed_.notify_one();
    thread_.reset();
    if (lost() > lost_told_) complain();
}

void AccessLog::write(AccessEntry entry) noexcept try {
    const auto bytes = size_of(entry);
    bool first = false;
    {
        const std::lock_guard lock{mutex_};
        if (queued_bytes_ + bytes > k_most_queued_bytes) {
            lost_.fetch_add(1, std::memory_order_relaxed);
            return;
        }
        first = queue_.empty();
        queue_.push_back(std::move(entry));
        queued_bytes_ += bytes;
    }
    if (first) changed_.notify_one();
} catch (const std::bad_alloc&) {
    lost_.fetch_add(1, std::memory_order_relaxed);
}

void AccessLog::send_until_stopped() noexcept {
    std::vector<AccessEntry> batch;
    for (bool last = false; !last;) {
        {
            std::unique_lock lock{mutex_};
            changed_.wait(lock, [this] { return !queue_.empty() || stopping_; });
            last = stopping_;
            batch.swap(queue_);
            queued_bytes_ = 0;
        }
        send_queued(batch);
        batch.clear();
        if (lost() > lost_told_ && now() >= silent_until_) complain();
    }
}

void AccessLog::send_queued(std::vector<AccessEntry>& batch) {
    bool hopeless = false; // a batch loses a second once, not once per entry
    for (const auto& entry : batch) {
        hopeless = hopeless || !send(journal_datagram(entry, more_));
        if (hopeless) lost_.fetch_add(1, std::memory_order_relaxed);
    }
}

bool AccessLog::send(const std::string& datagram) noexcept {
    if (!socket_ && !connect()) return false;
    while (::send(socket_.get(), datagram.data(), datagram.size(), MSG_NOSIGNAL) < 0) {
        if (errno == EINTR) continue; // EAGAIN: SO_SNDTIMEO has expired
        socket_.reset();
        return false;
    }
    return true;
}

bool AccessLog::connect() noexcept {
    const auto address = unix_address(journal_);
    if (!address) return false;
    socket_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket_) return false;
    constexpr timeval k_patience{.tv_sec = 1, .tv_usec = 0}; // an unresponsive journal holds up only this thread
    (void)::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &k_patience, sizeof k_patience);
    if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) socket_.reset();
    return static_cast<bool>(socket_);
}

void AccessLog::complain() noexcept {
    silent_until_ = now() + k_complaint_interval;
    const auto all = lost();
    try {
        log(Level::warning, "access log: " + std::to_string(all - lost_told_) + " entries lost, '" + journal_ +
                                "' does not accept them");
    } catch (const std::bad_alloc&) {
        log(Level::warning, "access log: entries lost");
    }
    lost_told_ = all;
}

} // namespace baton::engine
