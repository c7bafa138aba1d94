// SPDX-License-Identifier: MIT
// The service manager over D-Bus, org.freedesktop.systemd1(5).
#pragma once

#include "sd/bus.hpp"
#include "sd/turns.hpp"
#include "sd/unit_values.hpp"
#include "sd/units.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace baton::sd {

class Manager final : public Units {
  public:
    /// `limit`: for each answer of the manager; by default as long as a daemon-reload takes on a slow host. Takes one
    /// of `turns` whenever it connects, until it waits. Throws Error that says what to check if it cannot connect to
    /// the manager.
    explicit Manager(Scope scope, std::chrono::seconds limit = std::chrono::seconds{90}, Turns turns = {});

    [[nodiscard]] JobResult start(const std::string& unit) override;
    [[nodiscard]] JobResult stop(const std::string& unit) override;
    std::string queue_start(const std::string& unit) override;
    void queue_stop(const std::string& unit) override;
    /// Queues a reload that does not replace another job (mode "fail"); false if the unit has such a job.
    [[nodiscard]] bool queue_reload(const std::string& unit);
    [[nodiscard]] bool job_waits(const std::string& unit) override;
    [[nodiscard]] std::optional<JobResult> job_result(const std::string& job) override;
    void wait_for_change(std::initializer_list<int> others, std::chrono::milliseconds limit) override;
    bool give_way() override;
    void heed(std::function<bool(std::string_view unit)> matters) override { matters_ = std::move(matters); }
    void start_timer(const std::string& name, std::chrono::microseconds delay) override;
    void kill(const std::string& unit, int signal) override;
    void daemon_reload() override;
    void reset_failed(const std::string& unit) override;
    void disable(const std::string& unit) override;

    [[nodiscard]] int version() override;
    /// The variables that it passes to what it starts, NAME=VALUE.
    [[nodiscard]] std::vector<std::string> environment();
    [[nodiscard]] bool is_stopping() override;
    [[nodiscard]] UnitStatus status(const std::string& unit) override;
    [[nodiscard]] UnitStatus status_of_active(const std::string& service) override;
    [[nodiscard]] SocketSettings socket_settings(const std::string& unit) override;
    /// What its type of unit has, and some of what all units have, as far as it is text, a number or a list of texts.
    [[nodiscard]] UnitValues values(const std::string& unit);
    [[nodiscard]] std::vector<UnitListing> list(const std::vector<std::string>& patterns) override;
    [[nodiscard]] std::vector<UnitListing> list_named(const std::vector<std::string>& names) override;

  private:
    void wait_for_turn(std::initializer_list<int> others, std::chrono::milliseconds limit);
    std::string queue(const char* method, const std::string& unit);
    bool is_loaded(const std::string& unit);
    std::string property(const char* name);
    Message get_property(const char* name, const std::string& doing);
    JobResult wait(const std::string& job, const std::string& unit, ActiveState wanted_state);
    void note_removed(sd_bus_message* signal);
    void note_changed(sd_bus_message* signal);
    [[nodiscard]] bool matters(std::string_view unit) const { return !matters_ || matters_(unit); }

    std::map<std::string, JobResult> removed_; ///< results by job path
    bool changed_ = false;                     ///< a unit has changed since the last wait_for_change()
    std::function<bool(std::string_view)> matters_;
    Turns turns_;
    Bus bus_;
};

} // namespace baton::sd
