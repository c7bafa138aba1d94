// SPDX-License-Identifier: MIT
#include "sd/manager.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace baton::sd {
namespace {

constexpr auto k_service = "org.freedesktop.systemd1";
constexpr auto k_path = "/org/freedesktop/systemd1";
constexpr auto k_manager = "org.freedesktop.systemd1.Manager";
constexpr auto k_unit = "org.freedesktop.systemd1.Unit";
constexpr auto k_service_unit = "org.freedesktop.systemd1.Service";

using Bus = std::unique_ptr<sd_bus, sd_bus* (*)(sd_bus*)>;

class BusError {
  public:
    BusError() = default;
    BusError(const BusError&) = delete;
    BusError& operator=(const BusError&) = delete;
    ~BusError() { sd_bus_error_free(&raw_); }
    sd_bus_error* get() { return &raw_; }
    /// Keeps the D-Bus name: code branches on it and people search for it.
    [[nodiscard]] std::string text(int result) const {
        if (raw_.message == nullptr) return std::system_category().message(-result);
        return fmt::format("{} ({})", printable(raw_.message), raw_.name);
    }

  private:
    sd_bus_error raw_{};
};

class Message {
  public:
    Message() = default;
    Message(const Message&) = delete;
    Message& operator=(const Message&) = delete;
    ~Message() { sd_bus_message_unref(raw_); }
    sd_bus_message* get() { return raw_; }
    sd_bus_message** out() { return &raw_; }

  private:
    sd_bus_message* raw_ = nullptr;
};

constexpr std::array<std::pair<std::string_view, JobResult>, 6> k_job_results{{
    {"done", JobResult::done},
    {"canceled", JobResult::canceled},
    {"timeout", JobResult::timeout},
    {"failed", JobResult::failed},
    {"dependency", JobResult::dependency},
    {"skipped", JobResult::skipped},
}};

JobResult job_result(std::string_view text) {
    for (const auto& [name, result] : k_job_results)
        if (name == text) return result;
    return JobResult::unknown;
}

void check(int result, const BusError& error, const std::string& doing) {
    if (result < 0) throw Error{fmt::format("{}: {}", doing, error.text(result))};
}

/// A connection to the manager itself, past the bus: for root before D-Bus is up, or where it is not installed.
int open_private(const char* path, sd_bus** bus) {
    const int made = sd_bus_new(bus);
    if (made < 0) return made;
    const int addressed = sd_bus_set_address(*bus, path);
    return addressed < 0 ? addressed : sd_bus_start(*bus);
}

Bus connect(Scope scope) {
    sd_bus* raw = nullptr;
    int result = scope == Scope::user ? sd_bus_open_user(&raw) : sd_bus_open_system(&raw);
    if (result < 0 && scope == Scope::system && ::geteuid() == 0) {
        raw = sd_bus_flush_close_unref(raw);
        result = open_private("unix:path=/run/systemd/private", &raw);
    }
    if (result < 0) {
        sd_bus_flush_close_unref(raw);
        throw errno_error("connecting to systemd", -result)
            .with_hint("check that systemd runs here: systemctl is-system-running");
    }
    return {raw, sd_bus_flush_close_unref};
}

/// One unit object of the manager; reads what it is asked for.
class UnitObject {
  public:
    UnitObject(sd_bus* bus, const std::string& unit)
        : bus_{bus}, doing_{fmt::format("asking systemd about {}", quote(unit))} {
        BusError error;
        Message reply;
        const char* path = nullptr;
        int result = sd_bus_call_method(bus_, k_service, k_path, k_manager, "LoadUnit", error.get(), reply.out(), "s",
                                        unit.c_str());
        if (result >= 0) result = sd_bus_message_read(reply.get(), "o", &path);
        check(result, error, doing_);
        path_ = path;
    }

    [[nodiscard]] std::string text(const char* interface, const char* property) const {
        BusError error;
        char* raw = nullptr;
        const int result =
            sd_bus_get_property_string(bus_, k_service, path_.c_str(), interface, property, error.get(), &raw);
        check(result, error, doing_);
        const std::unique_ptr<char, void (*)(void*)> owned{raw, std::free};
        return owned.get();
    }

    template <typename Number>
    [[nodiscard]] Number number(const char* interface, const char* property, char type) const {
        BusError error;
        Number value{};
        const int result =
            sd_bus_get_property_trivial(bus_, k_service, path_.c_str(), interface, property, error.get(), type, &value);
        check(result, error, doing_);
        return value;
    }

    [[nodiscard]] std::string invocation_id() const {
        BusError error;
        Message reply;
        const void* bytes = nullptr;
        std::size_t size = 0;
        int result =
            sd_bus_get_property(bus_, k_service, path_.c_str(), k_unit, "InvocationID", error.get(), reply.out(), "ay");
        if (result >= 0) result = sd_bus_message_read_array(reply.get(), 'y', &bytes, &size);
        check(result, error, doing_);
        std::string hex;
        for (std::size_t i = 0; i < size; ++i)
            hex += fmt::format("{:02x}", static_cast<const unsigned char*>(bytes)[i]);
        return hex;
    }

  private:
    sd_bus* bus_;
    std::string doing_;
    std::string path_;
};

void read_service(const UnitObject& object, UnitStatus& status) {
    status.type = object.text(k_service_unit, "Type");
    status.result = object.text(k_service_unit, "Result");
    status.status_text = object.text(k_service_unit, "StatusText");
    status.main_pid = object.number<std::uint32_t>(k_service_unit, "MainPID", 'u');
    status.exec_main_code = object.number<std::int32_t>(k_service_unit, "ExecMainCode", 'i');
    status.exec_main_status = object.number<std::int32_t>(k_service_unit, "ExecMainStatus", 'i');
    status.timeout_start =
        std::chrono::microseconds{object.number<std::uint64_t>(k_service_unit, "TimeoutStartUSec", 't')};
    const auto began = object.number<std::uint64_t>(k_service_unit, "ExecMainStartTimestampMonotonic", 't');
    const auto ended = object.number<std::uint64_t>(k_service_unit, "ExecMainExitTimestampMonotonic", 't');
    if (ended > began) status.main_lived = std::chrono::microseconds{ended - began};
    // Who is told to stop, or says STOPPING=1, ceases to be active first and exits later.
    const auto ceased = object.number<std::uint64_t>(k_unit, "ActiveExitTimestampMonotonic", 't');
    status.ended_by_itself = !status.around() && ended > began && ended <= ceased;
    const auto memory = object.number<std::uint64_t>(k_service_unit, "MemoryCurrent", 't');
    if (memory != UINT64_MAX) status.memory_bytes = memory;
}

} // namespace

std::string_view job_result_text(JobResult result) noexcept {
    for (const auto& [name, value] : k_job_results)
        if (value == result) return name;
    return "unknown";
}

Manager::Manager(Scope scope) : bus_{connect(scope)} {
    const std::string doing = "subscribing to systemd's jobs";
    BusError error;
    check(sd_bus_match_signal(bus_.get(), nullptr, k_service, k_path, k_manager, "JobRemoved", on_job_removed, this),
          error, doing);
    check(sd_bus_call_method(bus_.get(), k_service, k_path, k_manager, "Subscribe", error.get(), nullptr, nullptr),
          error, doing);
    // A deploy's job takes as long as the unit's own timeouts allow; only the answer to a call is bounded.
    constexpr auto k_call_timeout = std::chrono::seconds{90}; // daemon-reload on a slow host
    check(sd_bus_set_method_call_timeout(bus_.get(), std::chrono::microseconds{k_call_timeout}.count()), error, doing);
}

Manager::~Manager() = default;

int Manager::on_job_removed(sd_bus_message* message, void* userdata, sd_bus_error*) {
    std::uint32_t id = 0;
    const char* job = nullptr;
    const char* unit = nullptr;
    const char* result = nullptr;
    if (sd_bus_message_read(message, "uoss", &id, &job, &unit, &result) >= 0)
        static_cast<Manager*>(userdata)->removed_[job] = job_result(result);
    return 0;
}

std::string Manager::queue(const char* method, const std::string& unit) {
    removed_.clear();
    BusError error;
    Message reply;
    const char* job = nullptr;
    int result = sd_bus_call_method(bus_.get(), k_service, k_path, k_manager, method, error.get(), reply.out(), "ss",
                                    unit.c_str(), "replace");
    if (result >= 0) result = sd_bus_message_read(reply.get(), "o", &job);
    check(result, error, fmt::format("calling {} of systemd for {}", method, quote(unit)));
    return job;
}

JobResult Manager::wait(const std::string& job, const std::string& unit) {
    const auto doing = fmt::format("waiting for systemd's job on {}", quote(unit));
    for (;;) {
        if (const auto found = removed_.find(job); found != removed_.end()) return found->second;
        BusError error;
        const int processed = sd_bus_process(bus_.get(), nullptr);
        check(processed, error, doing);
        if (processed > 0) continue;
        const int waited = sd_bus_wait(bus_.get(), UINT64_MAX);
        if (waited != -EINTR) check(waited, error, doing);
    }
}

JobResult Manager::run(const char* method, const std::string& unit) {
    return wait(queue(method, unit), unit);
}
JobResult Manager::start(const std::string& unit) {
    return run("StartUnit", unit);
}
JobResult Manager::stop(const std::string& unit) {
    return run("StopUnit", unit);
}
JobResult Manager::restart(const std::string& unit) {
    return run("RestartUnit", unit);
}
void Manager::queue_stop(const std::string& unit) {
    (void)queue("StopUnit", unit);
}
void Manager::queue_start(const std::string& unit) {
    (void)queue("StartUnit", unit);
}

void Manager::call(const char* method, const std::string& doing, const char* types, ...) {
    Message request;
    Message reply;
    BusError error;
    int result = sd_bus_message_new_method_call(bus_.get(), request.out(), k_service, k_path, k_manager, method);
    check(result, error, doing);
    std::va_list arguments;
    va_start(arguments, types);
    result = sd_bus_message_appendv(request.get(), types, arguments);
    va_end(arguments);
    check(result, error, doing);
    check(sd_bus_call(bus_.get(), request.get(), 0, error.get(), reply.out()), error, doing);
}

void Manager::daemon_reload() {
    call("Reload", "reloading systemd's unit files", "");
}

void Manager::kill(const std::string& unit, int signal) {
    BusError error; // it may have ended meanwhile
    (void)sd_bus_call_method(bus_.get(), k_service, k_path, k_manager, "KillUnit", error.get(), nullptr, "ssi",
                             unit.c_str(), "all", signal);
}

void Manager::reset_failed(const std::string& unit) {
    BusError error; // a unit that is not loaded any more has nothing to forget
    (void)sd_bus_call_method(bus_.get(), k_service, k_path, k_manager, "ResetFailedUnit", error.get(), nullptr, "s",
                             unit.c_str());
}

void Manager::enable(const std::string& unit) {
    call("EnableUnitFiles", fmt::format("enabling {}", quote(unit)), "asbb", 1, unit.c_str(), 0, 0);
}

void Manager::disable(const std::string& unit) {
    call("DisableUnitFiles", fmt::format("disabling {}", quote(unit)), "asb", 1, unit.c_str(), 0);
}

bool Manager::is_stopping() {
    BusError error;
    char* raw = nullptr;
    const int result =
        sd_bus_get_property_string(bus_.get(), k_service, k_path, k_manager, "SystemState", error.get(), &raw);
    check(result, error, "asking systemd for its state");
    const std::unique_ptr<char, void (*)(void*)> owned{raw, std::free};
    return std::string_view{raw} == "stopping";
}

UnitStatus Manager::status(const std::string& unit) {
    const UnitObject object{bus_.get(), unit};
    UnitStatus status;
    status.load_state = object.text(k_unit, "LoadState");
    status.active_state = object.text(k_unit, "ActiveState");
    status.sub_state = object.text(k_unit, "SubState");
    status.fragment_path = object.text(k_unit, "FragmentPath");
    status.unit_file_state = object.text(k_unit, "UnitFileState");
    status.invocation_id = object.invocation_id();
    status.active_since = std::chrono::system_clock::time_point{
        std::chrono::microseconds{object.number<std::uint64_t>(k_unit, "ActiveEnterTimestamp", 't')}};
    if (unit.ends_with(".service")) read_service(object, status);
    return status;
}

std::vector<UnitListing> Manager::list(const std::string& pattern) {
    const auto doing = fmt::format("listing the units {}", quote(pattern));
    BusError error;
    Message reply;
    check(sd_bus_call_method(bus_.get(), k_service, k_path, k_manager, "ListUnitsByPatterns", error.get(), reply.out(),
                             "asas", 0, 1, pattern.c_str()),
          error, doing);
    check(sd_bus_message_enter_container(reply.get(), 'a', "(ssssssouso)"), error, doing);
    std::vector<UnitListing> units;
    const char* name = nullptr;
    const char* active = nullptr;
    int result = 0;
    while ((result = sd_bus_message_read(reply.get(), "(ssssssouso)", &name, nullptr, nullptr, &active, nullptr,
                                         nullptr, nullptr, nullptr, nullptr, nullptr)) > 0)
        units.push_back({name, active});
    check(result, error, doing);
    return units;
}

} // namespace baton::sd
