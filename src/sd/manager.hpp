// SPDX-License-Identifier: MIT
// The service manager over D-Bus, org.freedesktop.systemd1(5): jobs with their results, and unit properties.
#pragma once

#include "sd/bus.hpp"
#include "sd/journal.hpp"
#include "sd/unit_state.hpp"
#include "sd/unit_values.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace baton::sd {

/// How a job ended: the "result" of JobRemoved; `unknown` for a word that this baton does not know.
enum class JobResult { done, canceled, timeout, failed, dependency, skipped, assertion, unknown };
[[nodiscard]] std::string_view job_result_text(JobResult result) noexcept;

/// What `systemctl show` says about a unit, as far as a deploy needs it. The service part is empty unless the unit is a
/// service.
struct UnitStatus {
    std::string unit = {}; ///< its name
    Scope scope = Scope::system;
    LoadState load_state = LoadState::unknown;
    ActiveState active_state = ActiveState::unknown;
    std::string sub_state;     ///< each type of unit has its own words: "running", "auto-restart", ...
    std::string fragment_path; ///< the unit file; empty if it has none
    std::string invocation_id; ///< 32 hex digits; empty if it was never started
    std::chrono::system_clock::time_point active_since{};
    std::chrono::system_clock::time_point active_until{}; ///< when it was last told to stop, or fell; zero: never
    std::chrono::system_clock::time_point begun_at{};     ///< when this invocation began ...
    std::chrono::microseconds begun{};                    ///< ... and on CLOCK_MONOTONIC
    bool has_job = false;                                 ///< a job is queued or running: a start, a stop
    bool told_to_end = false;     ///< its main process ended after being told to, or after saying STOPPING=1
    bool ended_by_itself = false; ///< not running, though it was not told to stop and did not say STOPPING=1
    ServiceType type = ServiceType::unknown;
    ServiceResult result = ServiceResult::unknown;
    std::string status_text; ///< the service's own STATUS=
    NotifyAccess notify_access = NotifyAccess::unknown;
    std::uint32_t main_pid = 0;
    std::uint32_t exec_main_pid = 0; ///< the same, also after its end
    std::int32_t exec_main_code = 0; ///< CLD_EXITED, CLD_KILLED, ...; sigaction(2)
    std::int32_t exec_main_status = 0;
    bool main_was_executed = false;            ///< it came up, or said STATUS=: its exit status is its own
    bool failed_before_main = false;           ///< it failed before that, for example in ExecStartPre=
    std::chrono::microseconds main_lived{};    ///< from the main process's start to its exit; zero while it runs
    std::chrono::microseconds timeout_start{}; ///< TimeoutStartSec=; the largest number for infinity
    std::chrono::microseconds timeout_stop{};  ///< TimeoutStopSec=; the largest number for infinity
    std::optional<std::uint64_t> memory_bytes; ///< none without the memory controller

    [[nodiscard]] bool loaded() const { return load_state == LoadState::loaded; }
    /// Down without being told to; also while systemd waits to start it again because someone set Restart=.
    [[nodiscard]] bool fell() const {
        const bool was_ended = result == ServiceResult::watchdog || result == ServiceResult::oom_kill;
        const bool failed = active_state == ActiveState::failed && (!told_to_end || was_ended);
        return failed || (active_state == ActiveState::inactive && ended_by_itself) || sub_state == "auto-restart";
    }
    /// Running, or on its way to or from it.
    [[nodiscard]] bool around() const { return !is_down(active_state); }
};

[[nodiscard]] inline Invocation invocation_of(const UnitStatus& status) {
    return {status.unit, status.invocation_id, status.begun, status.scope, status.exec_main_pid};
}

struct UnitListing {
    std::string name;
    ActiveState active_state = ActiveState::unknown;
    std::string job; ///< queued or running: "start", "stop", "reload", ...; empty: none
};

/// The options of a socket unit that a process can set on a shared socket; systemd.socket(5).
struct SocketSettings {
    std::uint32_t backlog = 0;
    bool keep_alive = false;
    std::chrono::microseconds keep_alive_time{}; ///< zero: the kernel's default
    std::chrono::microseconds keep_alive_interval{};
    std::uint32_t keep_alive_probes = 0;
    std::chrono::microseconds defer_accept{};
    bool no_delay = false;
    std::int32_t ip_tos = -1; ///< -1: the kernel's default
    std::int32_t ip_ttl = -1;
};

class Manager {
  public:
    /// `limit`: for each answer of the manager; by default as long as a daemon-reload takes on a slow host. Throws
    /// Error that says what to check if it cannot connect to the manager.
    explicit Manager(Scope scope, std::chrono::seconds limit = std::chrono::seconds{90});
    Manager(const Manager&) = delete;
    Manager& operator=(const Manager&) = delete;

    /// Starts or stops `unit` (mode "replace") and waits for the job without a limit: units have timeouts. Throws Error
    /// if the job cannot be queued or the connection is lost for good.
    [[nodiscard]] JobResult start(const std::string& unit);
    [[nodiscard]] JobResult stop(const std::string& unit);
    /// Queue the job and return at once; queue_start() returns the job's name, for job_result().
    std::string queue_start(const std::string& unit);
    void queue_stop(const std::string& unit);
    /// Queues a reload that does not replace another job (mode "fail"); false if the unit has such a job.
    [[nodiscard]] bool queue_reload(const std::string& unit);
    /// Whether a job on `unit` waits for its turn. A running reload does when somebody asks for another: systemd runs
    /// the same job once more; job_install() of systemd 252.
    [[nodiscard]] bool job_waits(const std::string& unit);
    /// How a queued job ended; none if it has not, or if the end went unnoticed.
    [[nodiscard]] std::optional<JobResult> job_result(const std::string& job);
    /// Returns when a unit may have changed, one of the descriptors `others` (-1: none) is readable, or `limit`
    /// is over. A change between two calls is not lost: the next call returns at once.
    void wait_for_change(std::initializer_list<int> others, std::chrono::milliseconds limit);

    /// From now on, only changes of units for which `matters` is true end wait_for_change().
    void heed(std::function<bool(std::string_view unit)> matters) { matters_ = std::move(matters); }

    /// Starts NAME.service once, after `delay`, with a transient timer NAME.timer that replaces a previous one;
    /// systemd-run(1).
    void start_timer(const std::string& name, std::chrono::microseconds delay);

    /// Sends `signal` to all processes of `unit`, if it has any.
    void kill(const std::string& unit, int signal);

    /// Rereads changed unit files: `systemctl daemon-reload`.
    void daemon_reload();
    void reset_failed(const std::string& unit);
    void disable(const std::string& unit);

    /// systemd's version: 252, 257.
    [[nodiscard]] int version();
    /// The variables that it passes to what it starts, NAME=VALUE.
    [[nodiscard]] std::vector<std::string> environment();
    /// True while the system shuts down.
    [[nodiscard]] bool is_stopping();
    [[nodiscard]] UnitStatus status(const std::string& unit);
    /// status(), but of an active service only what can change while it runs: its invocation, main process, STATUS= and
    /// memory. For a report of a thousand services. The caller knows from list() that it is active.
    [[nodiscard]] UnitStatus status_of_active(const std::string& service);
    [[nodiscard]] SocketSettings socket_settings(const std::string& unit);
    /// All of its properties that are texts, numbers or lists of texts.
    [[nodiscard]] UnitValues values(const std::string& unit);
    /// UnitFileState= of the unit files on disk whose names match one of the patterns, by name: "enabled", "masked".
    [[nodiscard]] std::map<std::string, std::string> unit_file_states(const std::vector<std::string>& patterns);
    /// The loaded units whose names match one of the glob(7) patterns.
    [[nodiscard]] std::vector<UnitListing> list(const std::vector<std::string>& patterns);

  private:
    std::string queue(const char* method, const std::string& unit);
    std::string property(const char* name);
    Message get_property(const char* name, const std::string& doing);
    JobResult wait(const std::string& job, const std::string& unit, ActiveState wanted_state);
    void note_removed(sd_bus_message* signal);
    void note_changed(sd_bus_message* signal);
    [[nodiscard]] bool matters(std::string_view unit) const { return !matters_ || matters_(unit); }

    std::map<std::string, JobResult> removed_; ///< results by job path
    bool changed_ = false;                     ///< a unit has changed since the last wait_for_change()
    std::function<bool(std::string_view)> matters_;
    Bus bus_;
};

} // namespace baton::sd
