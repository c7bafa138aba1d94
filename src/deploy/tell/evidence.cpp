// SPDX-License-Identifier: MIT
#include "deploy/tell/evidence.hpp"

#include "base/text.hpp"
#include "deploy/tell/sandbox_advice.hpp"
#include "sd/journal.hpp"
#include "sd/set_up_step.hpp"

#include <fmt/format.h>

#include <csignal>
#include <cstring>
#include <string_view>

namespace baton::deploy {

using sd::ServiceResult;
namespace {

constexpr std::size_t k_last_lines = 20;
constexpr std::size_t k_longest_line_bytes = 400;
constexpr int k_exit_exec = 203; // EXIT_EXEC, systemd.exec(5) "Process exit codes"; baton-exec(8) uses it alike

std::string signal_text(int number) {
    const char* const name = ::sigabbrev_np(number); // null for real-time signals
    return name == nullptr ? fmt::format("signal {}", number) : fmt::format("SIG{}", name);
}

std::string ending(const sd::UnitStatus& status) {
    if (status.exec_main_code == CLD_EXITED && status.exec_main_status == k_exit_exec)
        return "the program could not be executed";
    if (const auto step = sd::failed_set_up_step(status); !step.empty())
        return fmt::format("systemd could not set it up: step {} failed (exit status {})", step,
                           status.exec_main_status);
    if (status.exec_main_code == CLD_EXITED)
        return fmt::format("the program exited with status {}", status.exec_main_status);
    if (status.exec_main_code == CLD_KILLED || status.exec_main_code == CLD_DUMPED)
        return "the program was killed by " + signal_text(status.exec_main_status);
    return "the program ended";
}

constexpr std::string_view k_drained_line = "baton: drained "; // Service::finish() of libbaton
constexpr std::string_view k_none_cut = "; 0 cut";

constexpr int k_tells_no_more = 257; // only at the level "debug"; seen in the journals of 252, 257 and 262

/// systemd refused a READY=1; or may have refused one, where it does not say.
std::string unheard(const sd::UnitStatus& status, int systemd) {
    if (status.result != ServiceResult::timeout && status.result != ServiceResult::protocol) return {};
    for (const auto& line : sd::lines_of_manager(sd::invocation_of(status)))
        if (line.find("but reception ") != line.npos) // manager_invoke_notify_message() of systemd 252
            return "; a child of the program said READY=1 or the like, which counts only from its main process: "
                   "NotifyAccess=all (systemctl edit) allows it for all";
    if (status.result != ServiceResult::timeout || status.notify_access != sd::NotifyAccess::main ||
        systemd < k_tells_no_more)
        return {};
    return ", or a child of the program said READY=1, which counts only from its main process: NotifyAccess=all "
           "(systemctl edit) allows it for all";
}

} // namespace

std::string failure_text(const sd::UnitStatus& status) {
    if (status.failed_before_main && status.result != ServiceResult::resources)
        return fmt::format("a command of ExecStartPre= or ExecCondition= of its unit failed (result '{}')",
                           sd::text(status.result));
    if (status.result == ServiceResult::timeout)
        return fmt::format("it did not say READY=1 within {} (TimeoutStartSec=)", duration_text(status.timeout_start));
    if (status.result == ServiceResult::protocol)
        return ending(status) + " without having said READY=1; a program that never says it needs Type=exec";
    if (status.result == ServiceResult::watchdog) return "it did not say WATCHDOG=1 in time (WatchdogSec=)";
    if (status.result == ServiceResult::oom_kill) return "the kernel killed it: out of memory";
    if (status.result == ServiceResult::resources) return "systemd could not set it up (result 'resources')";
    if (status.result == ServiceResult::start_limit_hit) return "it failed too often in a short time";
    if (status.result == ServiceResult::success) return ending(status) + " without having been told to";
    return ending(status);
}

std::string end_text(const sd::UnitStatus& status) {
    constexpr std::size_t k_look_back = 50; // lines that a program may write as it ends
    auto text = failure_text(status);
    for (const auto& line : sd::last_lines(sd::invocation_of(status), k_look_back))
        if (line.starts_with(k_drained_line) && line.ends_with(k_none_cut))
            return text + "; its drain was complete by then, so the failure is in the program's own end";
    return text;
}

std::string evidence(const sd::UnitStatus& status, int systemd, std::string_view note) {
    const auto lines = sd::last_lines(sd::invocation_of(status), k_last_lines);
    const std::string site{status.unit, 0, status.unit.find('@')};
    auto text =
        failure_text(status) + unheard(status, systemd) + std::string{note} + sandbox_advice(lines, site, status.scope);
    for (const auto& line : lines)
        text += "\n  | " + printable(std::string_view{line}.substr(0, k_longest_line_bytes));
    return text;
}

} // namespace baton::deploy
