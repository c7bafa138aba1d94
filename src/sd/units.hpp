// SPDX-License-Identifier: MIT
// What a deploy asks of a service manager: jobs with their results, and the states of units. sd::Manager answers over
// D-Bus; tests/act has another answer, which needs neither root nor a systemd.
#pragma once

#include "sd/journal.hpp"
#include "sd/unit_state.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
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

class Units {
  public:
    Units() = default;
    Units(const Units&) = delete;
    Units& operator=(const Units&) = delete;
    virtual ~Units() = default;

    /// Starts or stops `unit` (mode "replace") and waits for the job without a limit: units have timeouts. Throws Error
    /// if the job cannot be queued or the connection is lost for good.
    [[nodiscard]] virtual JobResult start(const std::string& unit) = 0;
    [[nodiscard]] virtual JobResult stop(const std::string& unit) = 0;
    /// Queue the job and return at once; queue_start() returns the job's name, for job_result().
    virtual std::string queue_start(const std::string& unit) = 0;
    virtual void queue_stop(const std::string& unit) = 0;
    /// Whether a job on `unit` waits for its turn. A running reload does when somebody asks for another: systemd runs
    /// the same job once more; job_install() of systemd 252.
    [[nodiscard]] virtual bool job_waits(const std::string& unit) = 0;
    /// How a queued job ended; none if it has not, or if the end went unnoticed.
    [[nodiscard]] virtual std::optional<JobResult> job_result(const std::string& job) = 0;
    /// Gives way, and returns when a unit may have changed, one of the descriptors `others` (-1: none) is readable, or
    /// `limit` is over. A change between two calls is not lost: the next call returns at once. In a crowd it returns
    /// after a moment.
    virtual void wait_for_change(std::initializer_list<int> others, std::chrono::milliseconds limit) = 0;
    /// Before what may take long without the manager: lets another process use it, if many want to. Then this one is
    /// not connected until its next call, which may wait for a turn, and the ends of jobs go unnoticed. Returns whether
    /// many want to.
    virtual bool give_way() = 0;
    /// From now on, only changes of units for which `matters` is true end wait_for_change().
    virtual void heed(std::function<bool(std::string_view unit)> matters) = 0;

    /// Starts NAME.service once, after `delay`, with a transient timer NAME.timer that replaces a previous one;
    /// systemd-run(1).
    virtual void start_timer(const std::string& name, std::chrono::microseconds delay) = 0;

    /// Sends `signal` to all processes of `unit`, if it has any.
    virtual void kill(const std::string& unit, int signal) = 0;

    /// Rereads changed unit files: `systemctl daemon-reload`.
    virtual void daemon_reload() = 0;
    virtual void reset_failed(const std::string& unit) = 0;
    virtual void disable(const std::string& unit) = 0;

    /// systemd's version: 252, 257.
    [[nodiscard]] virtual int version() = 0;
    /// True while the system shuts down.
    [[nodiscard]] virtual bool is_stopping() = 0;
    [[nodiscard]] virtual UnitStatus status(const std::string& unit) = 0;
    /// status(), but of an active service only what can change while it runs: its invocation, main process, STATUS= and
    /// memory. For a report of a thousand services. The caller knows from list() that it is active.
    [[nodiscard]] virtual UnitStatus status_of_active(const std::string& service) = 0;
    [[nodiscard]] virtual SocketSettings socket_settings(const std::string& unit) = 0;
    /// The loaded units whose names match one of the glob(7) patterns. The manager compares all its units: of a
    /// thousand sites, that takes it some milliseconds.
    [[nodiscard]] virtual std::vector<UnitListing> list(const std::vector<std::string>& patterns) = 0;
    /// Those of the units `names` that are loaded.
    [[nodiscard]] virtual std::vector<UnitListing> list_named(const std::vector<std::string>& names) = 0;
};

} // namespace baton::sd
