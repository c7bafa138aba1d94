// SPDX-License-Identifier: MIT
// A connection to the service manager, org.freedesktop.systemd1(5), that outlives what it goes through: a daemon-reexec
// ends it, or a restart of dbus, and it is made anew.
#pragma once

#include <systemd/sd-bus.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace baton::sd {

/// PID 1, or the manager of the calling user.
enum class Scope { system, user };

/// An owned message; sd_bus_message_unref(3).
class Message {
  public:
    Message() = default;
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

/// What a signal's handler is given.
using Handler = std::function<void(sd_bus_message*)>;

constexpr const char* k_units_path = "/org/freedesktop/systemd1/unit"; ///< of the objects of all units

class Bus {
  public:
    /// As root connects to PID 1 itself, which does not depend on dbus, else by way of the bus. `on_job_removed` and
    /// `on_change` are called by process(). Throws Error that says what to check.
    Bus(Scope scope, Handler on_job_removed, Handler on_change);
    ~Bus();
    Bus(const Bus&) = delete;
    Bus& operator=(const Bus&) = delete;

    /// What appends a call's arguments; its result is negative when that fails.
    using Fill = std::function<int(sd_bus_message*)>;
    /// Calls a method of the manager. A call that a lost connection cut short is made again: none of those used here
    /// does harm twice. Throws Error "`doing`: cause (D-Bus error name)".
    Message call(const char* method, const std::string& doing, const Fill& fill = {});
    /// The same, of another object.
    Message call(const std::string& path, const char* interface, const char* method, const std::string& doing,
                 const Fill& fill);
    /// The same; an error means that there is nothing to do.
    void try_call(const char* method, const Fill& fill) noexcept;

    /// Handles what has arrived.
    void process(const std::string& doing);
    /// process() once something has arrived, `other` (-1: none) is readable, or `limit` is over; whether `other` is.
    bool wait(const std::string& doing, int other, std::chrono::milliseconds limit);
    /// How often the connection was lost: signals sent meanwhile were not received.
    [[nodiscard]] int losses() const noexcept { return losses_; }

  private:
    using Connection = std::unique_ptr<sd_bus, sd_bus* (*)(sd_bus*)>;

    void subscribe();
    void reconnect(const std::string& doing);
    void require_open(int result, const std::string& doing);

    Scope scope_;
    Handler on_job_removed_;
    Handler on_change_;
    Connection connection_;
    int losses_ = 0;
};

/// Throws Error "`doing`: cause" when `result`, of one of sd-bus' functions, is negative.
void check(int result, const std::string& doing);

} // namespace baton::sd
