// SPDX-License-Identifier: MIT
#include "sd/manager.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "sd/unit_properties.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <poll.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <thread>
#include <utility>

namespace baton::sd {
namespace {

/// Without this, systemd's infinity, ~0, would become negative.
std::chrono::microseconds usec(std::uint64_t number) {
    constexpr auto k_most = std::chrono::microseconds::max();
    return number > static_cast<std::uint64_t>(k_most.count())
               ? k_most
               : std::chrono::microseconds{static_cast<std::int64_t>(number)};
}

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr milliseconds k_look_again = 1s;    // at a unit whose job may have ended unnoticed
constexpr milliseconds k_in_a_crowd = 250ms; // until a process that has given way looks again
// systemd knows a stopped timer, and makes no other of that name, until it collects its garbage.
constexpr int k_most_tries = 50;
constexpr milliseconds k_until_forgotten = 20ms;

constexpr std::array<std::pair<std::string_view, JobResult>, 7> k_job_results{{
    {"done", JobResult::done},
    {"canceled", JobResult::canceled},
    {"timeout", JobResult::timeout},
    {"failed", JobResult::failed},
    {"dependency", JobResult::dependency},
    {"skipped", JobResult::skipped},
    {"assert", JobResult::assertion},
}};

JobResult job_result_from(std::string_view text) {
    for (const auto& [name, result] : k_job_results)
        if (name == text) return result;
    return JobResult::unknown;
}

/// What status() reads.
std::vector<UnitProperties::Name> status_properties(const std::string& unit) {
    std::vector<UnitProperties::Name> names;
    for (const auto* const name :
         {"LoadState", "ActiveState", "SubState", "FragmentPath", "InvocationID", "Job", "InactiveExitTimestamp",
          "InactiveExitTimestampMonotonic", "ActiveEnterTimestamp", "ActiveExitTimestamp"})
        names.push_back({k_unit_interface, name});
    if (!unit.ends_with(".service")) return names;
    for (const auto* const name :
         {"ActiveEnterTimestampMonotonic", "ActiveExitTimestampMonotonic", "ConditionTimestampMonotonic"})
        names.push_back({k_unit_interface, name});
    for (const auto* const name :
         {"Type", "Result", "StatusText", "NotifyAccess", "MainPID", "ExecMainPID", "ExecMainCode", "ExecMainStatus",
          "TimeoutStartUSec", "TimeoutStopUSec", "ExecMainStartTimestampMonotonic", "ExecMainExitTimestampMonotonic",
          "MemoryCurrent"})
        names.push_back({k_service_interface, name});
    return names;
}

/// Until one of them (-1: none) is readable.
void wait_for_any(std::initializer_list<int> descriptors, milliseconds limit) {
    std::vector<pollfd> wanted;
    for (const int descriptor : descriptors)
        wanted.push_back({descriptor, POLLIN, 0});
    (void)::poll(wanted.data(), wanted.size(), static_cast<int>(limit.count()));
}

std::optional<std::uint64_t> memory_of(const UnitProperties& unit) {
    const auto bytes = unit.number("MemoryCurrent");
    return bytes == UINT64_MAX ? std::nullopt : std::optional{bytes};
}

/// Appends an array.
int append(sd_bus_message* call, const std::vector<std::string>& texts) {
    int result = sd_bus_message_open_container(call, 'a', "s");
    for (std::size_t i = 0; result >= 0 && i < texts.size(); ++i)
        result = sd_bus_message_append(call, "s", texts[i].c_str());
    return result >= 0 ? sd_bus_message_close_container(call) : result;
}

std::vector<UnitListing> read_listing(sd_bus_message* reply, const std::string& doing) {
    check(sd_bus_message_enter_container(reply, 'a', "(ssssssouso)"), doing);
    std::vector<UnitListing> units;
    const char* name = nullptr;
    const char* active = nullptr;
    const char* job = nullptr;
    int result = 0;
    while ((result = sd_bus_message_read(reply, "(ssssssouso)", &name, nullptr, nullptr, &active, nullptr, nullptr,
                                         nullptr, nullptr, &job, nullptr)) > 0)
        units.push_back({name, parse_active_state(active), job});
    check(result, doing);
    return units;
}

void read_service(const UnitProperties& unit, UnitStatus& status) {
    status.type = parse_service_type(unit.text("Type"));
    status.result = parse_service_result(unit.text("Result"));
    status.status_text = unit.text("StatusText");
    status.notify_access = parse_notify_access(unit.text("NotifyAccess"));
    status.main_pid = static_cast<std::uint32_t>(unit.number("MainPID"));
    status.exec_main_pid = static_cast<std::uint32_t>(unit.number("ExecMainPID"));
    status.exec_main_code = static_cast<std::int32_t>(unit.number("ExecMainCode"));
    status.exec_main_status = static_cast<std::int32_t>(unit.number("ExecMainStatus"));
    status.timeout_start = usec(unit.number("TimeoutStartUSec"));
    status.timeout_stop = usec(unit.number("TimeoutStopUSec"));
    const auto began = unit.number("ExecMainStartTimestampMonotonic");
    const auto ended = unit.number("ExecMainExitTimestampMonotonic");
    // systemd checks the conditions first, and forks the main process before the unit ceases to be inactive.
    status.failed_before_main =
        status.active_state == ActiveState::failed && began < unit.number("ConditionTimestampMonotonic");
    const std::chrono::microseconds came_up{unit.number("ActiveEnterTimestampMonotonic")};
    const bool forked_is_up =
        status.type == ServiceType::simple || status.type == ServiceType::idle ||
        status.type == ServiceType::exec; // even before the set-up succeeds, or before baton-exec is done
    status.main_was_executed =
        !status.status_text.empty() || (!forked_is_up && came_up.count() != 0 && came_up >= status.begun);
    if (ended > began) status.main_lived = std::chrono::microseconds{ended - began};
    // A service that is told to stop, or says STOPPING=1, first ceases to be active and exits later.
    const auto ceased = unit.number("ActiveExitTimestampMonotonic");
    status.ended_by_itself = !status.around() && ended > began && ended <= ceased;
    status.told_to_end = !status.around() && ceased > began && ended > ceased;
    status.memory_bytes = memory_of(unit);
}

} // namespace

std::string_view job_result_text(JobResult result) noexcept {
    for (const auto& [name, value] : k_job_results)
        if (value == result) return name;
    return "unknown";
}

Manager::Manager(Scope scope, std::chrono::seconds limit, Turns turns)
    : turns_{std::move(turns)},
      bus_{scope, limit, [this] { turns_.take(); }, [this](sd_bus_message* signal) { note_removed(signal); },
           [this](sd_bus_message* signal) { note_changed(signal); }} {}

void Manager::note_removed(sd_bus_message* signal) {
    std::uint32_t id = 0;
    const char* job = nullptr;
    const char* unit = nullptr;
    const char* result = nullptr;
    if (sd_bus_message_read(signal, "uoss", &id, &job, &unit, &result) < 0) return;
    removed_[job] = job_result_from(result);
    changed_ = changed_ || matters(unit);
}

/// Ignores changes of jobs, whose units report them, and of the manager itself.
void Manager::note_changed(sd_bus_message* signal) {
    char* raw = nullptr;
    const char* const path = sd_bus_message_get_path(signal);
    if (path == nullptr || sd_bus_path_decode(path, k_units_path, &raw) <= 0) return;
    const std::unique_ptr<char, void (*)(void*)> unit{raw, std::free};
    changed_ = changed_ || matters(unit.get());
}

std::string Manager::queue(const char* method, const std::string& unit) {
    const auto doing = fmt::format("calling {} of systemd for {}", method, quote(unit));
    const auto reply = bus_.call(method, doing, [&](sd_bus_message* call) {
        return sd_bus_message_append(call, "ss", unit.c_str(), "replace");
    });
    const char* job = nullptr;
    check(sd_bus_message_read(reply.get(), "o", &job), doing);
    return job;
}

std::optional<JobResult> Manager::job_result(const std::string& job) {
    const auto found = removed_.find(job);
    if (found == removed_.end()) return std::nullopt;
    const auto result = found->second;
    removed_.clear(); // the rest are jobs that nobody waits for
    return result;
}

JobResult Manager::wait(const std::string& job, const std::string& unit, ActiveState wanted_state) {
    const auto doing = fmt::format("waiting for systemd's job on {}", quote(unit));
    for (const int losses = bus_.losses();;) {
        bus_.process(doing);
        if (const auto result = job_result(job)) return *result;
        if (bus_.losses() != losses) // its end may have gone unnoticed
            if (const auto now = status(unit); !now.has_job)
                return now.active_state == wanted_state ? JobResult::done : JobResult::failed;
        // How the start of a helper has ended cannot be seen afterwards, so it stays connected.
        const bool can_be_seen = wanted_state == ActiveState::inactive;
        if (can_be_seen && give_way()) {
            std::this_thread::sleep_for(k_in_a_crowd);
            continue;
        }
        turns_.give_back();
        bus_.wait(doing, {}, k_look_again);
    }
}

bool Manager::give_way() {
    const bool are_many = turns_.are_all_taken();
    if (are_many) bus_.disconnect();
    turns_.give_back();
    return are_many;
}

void Manager::wait_for_turn(std::initializer_list<int> others, milliseconds limit) {
    wait_for_any(others, std::min(limit, k_in_a_crowd));
    turns_.take();
    changed_ = false;
}

void Manager::wait_for_change(std::initializer_list<int> others, milliseconds limit) {
    if (give_way()) return wait_for_turn(others, limit);
    const std::string doing = "waiting for a change of systemd's units";
    const auto deadline = std::chrono::steady_clock::now() + limit;
    bus_.process(doing);
    for (auto left = limit; !changed_ && left > milliseconds{0};) {
        if (bus_.wait(doing, others, left)) break;
        left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
    }
    changed_ = false;
}

JobResult Manager::start(const std::string& unit) {
    return wait(queue("StartUnit", unit), unit, ActiveState::active);
}
JobResult Manager::stop(const std::string& unit) {
    return wait(queue("StopUnit", unit), unit, ActiveState::inactive);
}
void Manager::queue_stop(const std::string& unit) {
    (void)queue("StopUnit", unit);
}
bool Manager::queue_reload(const std::string& unit) try {
    (void)bus_.call("ReloadUnit", fmt::format("calling ReloadUnit of systemd for {}", quote(unit)),
                    [&](sd_bus_message* call) { return sd_bus_message_append(call, "ss", unit.c_str(), "fail"); });
    return true;
} catch (const Error& error) {
    constexpr std::string_view k_conflict = "org.freedesktop.systemd1.TransactionIsDestructive";
    if (std::string_view{error.what()}.find(k_conflict) == std::string_view::npos) throw;
    return false;
}
std::string Manager::queue_start(const std::string& unit) {
    return queue("StartUnit", unit);
}

void Manager::start_timer(const std::string& name, std::chrono::microseconds delay) {
    const auto timer = name + ".timer";
    for (auto tries = k_most_tries; is_loaded(timer) && tries > 0; --tries) {
        (void)stop(timer); // if it has not elapsed yet
        if (is_loaded(timer)) std::this_thread::sleep_for(k_until_forgotten);
    }
    const auto description = fmt::format("Next start of {}.service", name);
    (void)bus_.call(
        "StartTransientUnit", fmt::format("starting the timer {}", quote(timer)), [&](sd_bus_message* call) {
            return sd_bus_message_append(call, "ssa(sv)a(sa(sv))", timer.c_str(), "replace", 4, "Description", "s",
                                         description.c_str(), "TimersMonotonic", "a(st)", 1, "OnActiveSec",
                                         static_cast<std::uint64_t>(delay.count()), "AccuracyUSec", "t",
                                         std::uint64_t{1000}, "RemainAfterElapse", "b", 0, 0);
        });
}

void Manager::daemon_reload() {
    (void)bus_.call("Reload", "reloading systemd's unit files");
}

void Manager::kill(const std::string& unit, int signal) { // the unit may have ended meanwhile
    bus_.try_call("KillUnit", [&](sd_bus_message* call) {
        return sd_bus_message_append(call, "ssi", unit.c_str(), "all", signal);
    });
}

void Manager::reset_failed(const std::string& unit) { // an unloaded unit has no failure to reset
    bus_.try_call("ResetFailedUnit",
                  [&](sd_bus_message* call) { return sd_bus_message_append(call, "s", unit.c_str()); });
}

void Manager::disable(const std::string& unit) {
    (void)bus_.call("DisableUnitFiles", fmt::format("disabling {}", quote(unit)),
                    [&](sd_bus_message* call) { return sd_bus_message_append(call, "asb", 1, unit.c_str(), 0); });
}

Message Manager::get_property(const char* name, const std::string& doing) {
    return bus_.call({"/org/freedesktop/systemd1", "org.freedesktop.DBus.Properties", "Get"}, doing,
                     [&](sd_bus_message* call) {
                         return sd_bus_message_append(call, "ss", "org.freedesktop.systemd1.Manager", name);
                     });
}

std::string Manager::property(const char* name) {
    const auto doing = fmt::format("asking systemd for its {}", name);
    const auto reply = get_property(name, doing);
    const char* value = nullptr;
    check(sd_bus_message_read(reply.get(), "v", "s", &value), doing);
    return value;
}

int Manager::version() {
    return std::atoi(property("Version").c_str()); // "257.13-1~deb13u1"
}

std::vector<std::string> Manager::environment() {
    const std::string doing = "asking systemd for its Environment";
    const auto reply = get_property("Environment", doing);
    std::vector<std::string> variables;
    check(sd_bus_message_enter_container(reply.get(), 'v', "as"), doing);
    check(sd_bus_message_enter_container(reply.get(), 'a', "s"), doing);
    const char* value = nullptr;
    int result = 0;
    while ((result = sd_bus_message_read(reply.get(), "s", &value)) > 0)
        variables.emplace_back(value);
    check(result, doing);
    return variables;
}

bool Manager::is_stopping() {
    return property("SystemState") == "stopping";
}

SocketSettings Manager::socket_settings(const std::string& unit) {
    const UnitProperties properties{bus_, unit};
    const auto time = [&](const char* property) { return std::chrono::microseconds{properties.number(property)}; };
    return {.backlog = static_cast<std::uint32_t>(properties.number("Backlog")),
            .keep_alive = properties.number("KeepAlive") != 0,
            .keep_alive_time = time("KeepAliveTimeUSec"),
            .keep_alive_interval = time("KeepAliveIntervalUSec"),
            .keep_alive_probes = static_cast<std::uint32_t>(properties.number("KeepAliveProbes")),
            .defer_accept = time("DeferAcceptUSec"),
            .no_delay = properties.number("NoDelay") != 0,
            .ip_tos = static_cast<std::int32_t>(properties.number("IPTOS")),
            .ip_ttl = static_cast<std::int32_t>(properties.number("IPTTL"))};
}

/// Without loading it.
bool Manager::is_loaded(const std::string& unit) try {
    (void)bus_.call("GetUnit", fmt::format("looking for the unit {}", quote(unit)),
                    [&](sd_bus_message* call) { return sd_bus_message_append(call, "s", unit.c_str()); });
    return true;
} catch (const Error& error) {
    if (std::string_view{error.what()}.find("org.freedesktop.systemd1.NoSuchUnit") == std::string_view::npos) throw;
    return false;
}

UnitStatus Manager::status(const std::string& unit) {
    // A unit that nothing needs is loaded for each call, with all that it depends on, and then unloaded.
    const auto properties =
        is_loaded(unit) ? UnitProperties{bus_, unit, status_properties(unit)} : UnitProperties{bus_, unit};
    UnitStatus status;
    status.unit = unit;
    status.scope = bus_.scope();
    status.load_state = parse_load_state(properties.text("LoadState"));
    status.active_state = parse_active_state(properties.text("ActiveState"));
    status.sub_state = properties.text("SubState");
    status.fragment_path = properties.text("FragmentPath");
    status.invocation_id = properties.text("InvocationID");
    status.begun = std::chrono::microseconds{properties.number("InactiveExitTimestampMonotonic")};
    status.begun_at =
        std::chrono::system_clock::time_point{std::chrono::microseconds{properties.number("InactiveExitTimestamp")}};
    status.has_job = properties.number("Job") != 0;
    const auto time = [&](const char* property) {
        return std::chrono::system_clock::time_point{std::chrono::microseconds{properties.number(property)}};
    };
    status.active_since = time("ActiveEnterTimestamp");
    status.active_until = time("ActiveExitTimestamp");
    if (unit.ends_with(".service")) read_service(properties, status);
    return status;
}

UnitStatus Manager::status_of_active(const std::string& service) {
    const UnitProperties properties{bus_,
                                    service,
                                    {{k_unit_interface, "InvocationID"},
                                     {k_service_interface, "MainPID"},
                                     {k_service_interface, "StatusText"},
                                     {k_service_interface, "MemoryCurrent"}}};
    if (properties.number("MainPID") == 0) return status(service); // it has ended meanwhile
    UnitStatus status;
    status.unit = service;
    status.scope = bus_.scope();
    status.active_state = ActiveState::active;
    status.load_state = LoadState::loaded;
    status.result = ServiceResult::success;
    status.invocation_id = properties.text("InvocationID");
    status.main_pid = static_cast<std::uint32_t>(properties.number("MainPID"));
    status.status_text = properties.text("StatusText");
    status.memory_bytes = memory_of(properties);
    return status;
}

UnitValues Manager::values(const std::string& unit) {
    if (!is_loaded(unit)) return UnitProperties{bus_, unit};
    std::vector<UnitProperties::Name> names;
    for (const auto* const name :
         {"LoadState", "FragmentPath", "DropInPaths", "NeedDaemonReload", "OnFailure", "OnSuccess", "Requires",
          "BindsTo", "Requisite", "FailureAction", "SuccessAction", "StartLimitIntervalUSec"})
        names.push_back({k_unit_interface, name});
    UnitProperties values{bus_, unit, names};
    values.add_all(bus_, "org.freedesktop.systemd1." + unit_type(unit));
    return values;
}

bool Manager::job_waits(const std::string& unit) {
    const auto doing = fmt::format("looking for a job on {}", quote(unit));
    const auto reply = bus_.call("ListJobs", doing);
    check(sd_bus_message_enter_container(reply.get(), 'a', "(usssoo)"), doing);
    const char* name = nullptr;
    const char* state = nullptr;
    bool waits = false;
    int result = 0;
    while ((result = sd_bus_message_read(reply.get(), "(usssoo)", nullptr, &name, nullptr, &state, nullptr, nullptr)) >
           0)
        waits = waits || (name == unit && std::string_view{state} == "waiting");
    check(result, doing);
    return waits;
}

std::vector<UnitListing> Manager::list(const std::vector<std::string>& patterns) {
    const auto doing = fmt::format("listing the units {}", quote(fmt::format("{}", fmt::join(patterns, " "))));
    const auto reply = bus_.call("ListUnitsByPatterns", doing, [&](sd_bus_message* call) {
        const int result = sd_bus_message_append(call, "as", 0); // in any state
        return result >= 0 ? append(call, patterns) : result;
    });
    return read_listing(reply.get(), doing);
}

/// ListUnitsByNames loads what is not loaded.
std::vector<UnitListing> Manager::list_named(const std::vector<std::string>& names) {
    const auto doing = fmt::format("listing the units {}", quote(fmt::format("{}", fmt::join(names, " "))));
    std::vector<Bus::Fill> fills;
    for (const auto& name : names)
        fills.emplace_back([&name](sd_bus_message* call) { return sd_bus_message_append(call, "s", name.c_str()); });
    const auto are_loaded = bus_.try_all("GetUnit", doing, fills);
    std::vector<std::string> loaded;
    for (std::size_t i = 0; i < names.size(); ++i)
        if (are_loaded[i]) loaded.push_back(names[i]);
    const auto reply = bus_.call("ListUnitsByNames", doing, [&](sd_bus_message* call) { return append(call, loaded); });
    return read_listing(reply.get(), doing);
}

} // namespace baton::sd
