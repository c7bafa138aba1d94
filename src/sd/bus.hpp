// SPDX-License-Identifier: MIT
// A connection to the service manager, org.freedesktop.systemd1(5), that reconnects after a daemon-reexec or a restart
// of dbus ends it.
#pragma once

#include "sd/scope.hpp"

#include <systemd/sd-bus.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace baton::sd {

/// An owned message; sd_bus_message_unref(3).
class Message {
  public:
    Message() = default;
    explicit Message(sd_bus_message* raw) : raw_{raw} {}
    Message(Message&& other) noexcept : raw_{std::exchange(other.raw_, nullptr)} {}
    Message& operator=(Message&&) = delete;
    Message(const Message&) = delete;
    Message& operator=(const Message&) = delete;
    ~Message() { sd_bus_message_unref(raw_); }
    [[nodiscard]] sd_bus_message* get() const { return raw_; }
    sd_bus_message** out() { return &raw_; }

  private:
    sd_bus_message* raw_ = nullptr;
};

/// A signal handler.
using Handler = std::function<void(sd_bus_message*)>;

constexpr const char* k_units_path = "/org/freedesktop/systemd1/unit"; ///< the parent of all unit objects

class Bus {
  public:
    /// Connects directly, independently of dbus, to one's own manager and, as root, to PID 1; otherwise through the
    /// bus. Calls `before_connecting` first, now and whenever it connects again. process() calls `on_job_removed` and
    /// `on_change`. `limit`: for the connection, and for each answer. Throws Error that says what to check.
    Bus(Scope scope, std::chrono::seconds limit, std::function<void()> before_connecting, Handler on_job_removed,
        Handler on_change);
    ~Bus();
    Bus(const Bus&) = delete;
    Bus& operator=(const Bus&) = delete;

    /// Appends a call's arguments; returns a negative value on failure.
    using Fill = std::function<int(sd_bus_message*)>;
    /// A method of an object.
    struct Method {
        std::string path;
        const char* interface;
        const char* name;
    };
    /// Repeats a call that a lost connection interrupted: all calls used here can safely run twice. Throws Error
    /// "`doing`: cause (D-Bus error name)".
    Message call(const Method& method, const std::string& doing, const Fill& fill);
    /// Calls a method of the manager.
    Message call(const char* method, const std::string& doing, const Fill& fill = {});
    /// Several calls of one method at once, which cost the manager less than one after the other. The replies, in
    /// order; other things may have happened between one and the next.
    std::vector<Message> call_all(const Method& method, const std::string& doing, const std::vector<Fill>& fills);
    /// The same, for methods of the manager. Which calls succeeded, in order; an error is an answer as well.
    std::vector<bool> try_all(const char* method, const std::string& doing, const std::vector<Fill>& fills);
    /// The same as call(), but ignores errors: an error means that there is nothing to do.
    void try_call(const char* method, const Fill& fill) noexcept;

    /// Handles what has arrived.
    void process(const std::string& doing);
    /// Waits until something has arrived, one of `others` (-1: none) is readable, or `limit` is over, then calls
    /// process(). Returns whether one of `others` is readable.
    bool wait(const std::string& doing, std::initializer_list<int> others, std::chrono::milliseconds limit);
    /// Until the next call, which connects again. Counts as a loss.
    void disconnect() noexcept { connection_.reset(); }
    [[nodiscard]] bool is_connected() const noexcept { return connection_ != nullptr; }
    [[nodiscard]] Scope scope() const noexcept { return scope_; }
    /// How often the connection was lost. Signals sent while it was lost were not received.
    [[nodiscard]] int losses() const noexcept { return losses_; }

  private:
    using Connection = std::unique_ptr<sd_bus, sd_bus* (*)(sd_bus*)>;

    void connect();
    void subscribe();
    void reconnect(const std::string& doing);
    std::vector<std::uint64_t> send_all(const Method& method, const std::string& doing, const std::vector<Fill>& fills);
    std::vector<Message> exchange_all(const Method& method, const std::string& doing, const std::vector<Fill>& fills);
    Message receive_reply(std::uint64_t cookie, const std::string& doing);
    void require_open(int result, const std::string& doing);

    Scope scope_;
    std::chrono::seconds limit_;
    std::function<void()> before_connecting_;
    Handler on_job_removed_;
    Handler on_change_;
    Connection connection_;
    int losses_ = 0;
};

/// Throws Error "`doing`: cause" if `result`, returned by an sd-bus function, is negative.
void check(int result, const std::string& doing);

} // namespace baton::sd
