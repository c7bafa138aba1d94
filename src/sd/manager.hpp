// SPDX-License-Identifier: MIT
// The service manager over D-Bus, org.freedesktop.systemd1(5): jobs that are waited for by their result, and unit
// properties.
#pragma once

#include <systemd/sd-bus.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace baton::sd {

/// PID 1, or the manager of the calling user.
enum class Scope { system, user };

/// How a job ended; the "result" of JobRemoved, and `unknown` for a word this baton has not heard of.
enum class JobResult { done, canceled, timeout, failed, dependency, skipped, unknown };
[[nodiscard]] std::string_view job_result_text(JobResult result) noexcept;

/// What `systemctl show` says of a unit, as far as a deploy needs it. Of a unit that is not a service the service part
/// is empty.
struct UnitStatus {
    std::string load_state;   ///< "loaded", "not-found", "bad-setting", "error", "masked"
    std::string active_state; ///< "active", "reloading", "inactive", "failed", "activating", "deactivating"
    std::string sub_state;
    std::string fragment_path;   ///< the unit file, empty if there is none
    std::string unit_file_state; ///< "enabled", "disabled", ...
    std::string invocation_id;   ///< 32 hex digits; empty if it was never started
    std::chrono::system_clock::time_point active_since{};
    bool ended_by_itself = false; ///< not running, and neither was it told to stop nor did it say STOPPING=1
    std::string type;             ///< Type=: "notify", "exec", "simple", ...
    std::string result;           ///< "success", "exit-code", "signal", "timeout", "protocol", "watchdog", ...
    std::string status_text;      ///< the service's own STATUS=
    std::uint32_t main_pid = 0;
    std::int32_t exec_main_code = 0; ///< CLD_EXITED, CLD_KILLED, ...; sigaction(2)
    std::int32_t exec_main_status = 0;
    std::chrono::microseconds main_lived{};    ///< from the main process's start to its exit; zero while it runs
    std::chrono::microseconds timeout_start{}; ///< TimeoutStartSec=
    std::optional<std::uint64_t> memory_bytes; ///< none where the memory controller is missing

    [[nodiscard]] bool loaded() const { return load_state == "loaded"; }
    /// Down, and nobody told it to go down.
    [[nodiscard]] bool fell() const {
        return active_state == "failed" || (active_state == "inactive" && ended_by_itself);
    }
    /// Running, or on its way to or from it.
    [[nodiscard]] bool around() const { return active_state != "inactive" && active_state != "failed"; }
};

struct UnitListing {
    std::string name;
    std::string active_state;
};

class Manager {
  public:
    /// Connects by way of the bus, or, as root without one, to PID 1 itself. Throws Error that says what to install or
    /// start.
    explicit Manager(Scope scope);
    ~Manager();
    Manager(const Manager&) = delete;
    Manager& operator=(const Manager&) = delete;

    /// Starts, stops or restarts `unit` (mode "replace") and waits for the job, however long that takes: units have
    /// timeouts. Throws Error when the job cannot be queued or the connection is lost.
    [[nodiscard]] JobResult start(const std::string& unit);
    [[nodiscard]] JobResult stop(const std::string& unit);
    [[nodiscard]] JobResult restart(const std::string& unit);
    /// Queues the job and comes back.
    void queue_start(const std::string& unit);
    void queue_stop(const std::string& unit);

    /// Sends `signal` to all processes of `unit`; nothing when it has none.
    void kill(const std::string& unit, int signal);

    /// Reads changed unit files: `systemctl daemon-reload`.
    void daemon_reload();
    void reset_failed(const std::string& unit);
    void enable(const std::string& unit);
    void disable(const std::string& unit);

    /// True while the system shuts down.
    [[nodiscard]] bool is_stopping();
    [[nodiscard]] UnitStatus status(const std::string& unit);
    /// The loaded units whose names match a glob(7) pattern.
    [[nodiscard]] std::vector<UnitListing> list(const std::string& pattern);

  private:
    std::string queue(const char* method, const std::string& unit);
    JobResult run(const char* method, const std::string& unit);
    JobResult wait(const std::string& job, const std::string& unit);
    void call(const char* method, const std::string& doing, const char* types, ...);
    static int on_job_removed(sd_bus_message* message, void* userdata, sd_bus_error* error);

    std::unique_ptr<sd_bus, sd_bus* (*)(sd_bus*)> bus_;
    std::map<std::string, JobResult> removed_; ///< results by job path; filled by on_job_removed
};

} // namespace baton::sd
