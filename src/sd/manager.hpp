// SPDX-License-Identifier: MIT
// The service manager over D-Bus, org.freedesktop.systemd1(5): jobs that are waited for by their result, and unit
// properties.
#pragma once

#include "sd/bus.hpp"
#include "sd/unit_state.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace baton::sd {

/// How a job ended; the "result" of JobRemoved, and `unknown` for a word this baton has not heard of.
enum class JobResult { done, canceled, timeout, failed, dependency, skipped, assertion, unknown };
[[nodiscard]] std::string_view job_result_text(JobResult result) noexcept;

/// What `systemctl show` says of a unit, as far as a deploy needs it. Of a unit that is not a service the service part
/// is empty.
struct UnitStatus {
    std::string unit = {}; ///< its name
    LoadState load_state = LoadState::unknown;
    ActiveState active_state = ActiveState::unknown;
    std::string sub_state;     ///< by words that each type of unit has its own of: "running", "auto-restart", ...
    std::string fragment_path; ///< the unit file, empty if there is none
    std::string invocation_id; ///< 32 hex digits; empty if it was never started
    std::chrono::system_clock::time_point active_since{};
    std::chrono::microseconds begun{}; ///< when this invocation began, by CLOCK_MONOTONIC
    bool has_job = false;              ///< one that is queued or runs: a start, a stop
    bool told_to_end = false;          ///< its main process ended after it was told to, or had said STOPPING=1
    bool ended_by_itself = false;      ///< not running, and neither was it told to stop nor did it say STOPPING=1
    ServiceType type = ServiceType::unknown;
    ServiceResult result = ServiceResult::unknown;
    std::string status_text; ///< the service's own STATUS=
    NotifyAccess notify_access = NotifyAccess::unknown;
    std::uint32_t main_pid = 0;
    std::int32_t exec_main_code = 0; ///< CLD_EXITED, CLD_KILLED, ...; sigaction(2)
    std::int32_t exec_main_status = 0;
    bool main_was_executed = false;            ///< it came up, or has said STATUS=: what it exits with is its own doing
    bool failed_before_main = false;           ///< of one that failed: in ExecStartPre=, say
    std::chrono::microseconds main_lived{};    ///< from the main process's start to its exit; zero while it runs
    std::chrono::microseconds timeout_start{}; ///< TimeoutStartSec=
    std::chrono::microseconds timeout_stop{};  ///< TimeoutStopSec=; the greatest number there is for infinity
    std::optional<std::uint64_t> memory_bytes; ///< none where the memory controller is missing

    [[nodiscard]] bool loaded() const { return load_state == LoadState::loaded; }
    /// Down, and nobody told it to go down; also while systemd waits to start it again by a Restart= of somebody's.
    [[nodiscard]] bool fell() const {
        const bool was_ended = result == ServiceResult::watchdog || result == ServiceResult::oom_kill;
        const bool failed = active_state == ActiveState::failed && (!told_to_end || was_ended);
        return failed || (active_state == ActiveState::inactive && ended_by_itself) || sub_state == "auto-restart";
    }
    /// Running, or on its way to or from it.
    [[nodiscard]] bool around() const { return !is_down(active_state); }
};

struct UnitListing {
    std::string name;
    ActiveState active_state = ActiveState::unknown;
    std::string job; ///< the one that is queued or runs, "start", "stop", "reload", ...; empty: none
};

/// Of a socket unit, those that a process can set on a socket that it shares; systemd.socket(5).
struct SocketSettings {
    std::uint32_t backlog = 0;
    bool keep_alive = false;
    std::chrono::microseconds keep_alive_time{}; ///< zero: the kernel's
    std::chrono::microseconds keep_alive_interval{};
    std::uint32_t keep_alive_probes = 0;
    std::chrono::microseconds defer_accept{};
    bool no_delay = false;
    std::int32_t ip_tos = -1; ///< -1: the kernel's
    std::int32_t ip_ttl = -1;
};

class Manager {
  public:
    /// Throws Error that says what to check when there is no manager to connect to.
    explicit Manager(Scope scope);
    Manager(const Manager&) = delete;
    Manager& operator=(const Manager&) = delete;

    /// Starts or stops `unit` (mode "replace") and waits for the job, however long that takes: units have timeouts.
    /// Throws Error when the job cannot be queued or the connection is lost for good.
    [[nodiscard]] JobResult start(const std::string& unit);
    [[nodiscard]] JobResult stop(const std::string& unit);
    /// Queue the job and come back; queue_start() with the job's name, for job_result().
    std::string queue_start(const std::string& unit);
    void queue_stop(const std::string& unit);
    /// Queues a reload that takes no other job's place (mode "fail"); false: the unit has such a job.
    [[nodiscard]] bool queue_reload(const std::string& unit);
    /// How a queued job ended; none while it has not, or when that was not heard.
    [[nodiscard]] std::optional<JobResult> job_result(const std::string& job);
    /// Returns when a unit may have changed, the descriptor `other` (-1: none) is readable, or `limit` is over. What
    /// changed between two calls is not lost: then it returns at once.
    void wait_for_change(int other, std::chrono::milliseconds limit);

    /// From now on only changes of units that `matters` says yes to end wait_for_change().
    void heed(std::function<bool(std::string_view unit)> matters) { matters_ = std::move(matters); }

    /// Starts NAME.service once, after `delay`, by a transient timer NAME.timer that replaces one of before.
    /// systemd-run(1).
    void start_timer(const std::string& name, std::chrono::microseconds delay);

    /// Sends `signal` to all processes of `unit`; nothing when it has none.
    void kill(const std::string& unit, int signal);

    /// Reads changed unit files: `systemctl daemon-reload`.
    void daemon_reload();
    void reset_failed(const std::string& unit);
    void enable(const std::string& unit);
    void disable(const std::string& unit);

    /// systemd's release: 252, 257.
    [[nodiscard]] int version();
    /// True while the system shuts down.
    [[nodiscard]] bool is_stopping();
    [[nodiscard]] UnitStatus status(const std::string& unit);
    [[nodiscard]] SocketSettings socket_settings(const std::string& unit);
    /// The loaded units whose names match one of some glob(7) patterns.
    [[nodiscard]] std::vector<UnitListing> list(const std::vector<std::string>& patterns);

  private:
    std::string queue(const char* method, const std::string& unit);
    std::string property(const char* name);
    JobResult wait(const std::string& job, const std::string& unit, ActiveState wanted_state);
    void note_removed(sd_bus_message* signal);
    void note_changed(sd_bus_message* signal);
    [[nodiscard]] bool matters(std::string_view unit) const { return !matters_ || matters_(unit); }

    std::map<std::string, JobResult> removed_; ///< results by job path
    bool changed_ = false;                     ///< a unit, since the last wait_for_change()
    std::function<bool(std::string_view)> matters_;
    Bus bus_;
};

} // namespace baton::sd
