// SPDX-License-Identifier: MIT
#include "fake_manager.hpp"

#include "base/error.hpp"
#include "base/exec_status.hpp"
#include "base/file.hpp"
#include "base/percent.hpp"
#include "base/text.hpp"
#include "deploy/units/unit_names.hpp"
#include "listen_socket.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <fnmatch.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

namespace act {
namespace fs = std::filesystem;

using namespace std::chrono_literals;
using baton::Error;
using baton::quote;
using baton::sd::ActiveState;
using baton::sd::JobResult;
using baton::sd::ServiceResult;
namespace {

constexpr std::size_t k_limit_bytes = 64UL * 1024;
constexpr int k_exit_not_its_turn = 69; // of baton-exec, for a release that is neither live nor held
constexpr auto k_patience = 30s;

/// "shop" and 7 of shop@7.service; the number is 0 for another unit.
struct ReleaseName {
    std::string site;
    int release = 0;
};

ReleaseName release_name(const std::string& unit) {
    const auto at = unit.find('@');
    if (at == unit.npos || unit.starts_with("baton-")) return {};
    auto site = unit.substr(0, at);
    const auto release = baton::deploy::release_of_unit(site, unit);
    return release ? ReleaseName{std::move(site), *release} : ReleaseName{};
}

/// X of baton-listen@X.service.
std::optional<std::string> listened_by(const std::string& unit) {
    constexpr std::string_view k_prefix = "baton-listen@";
    if (!unit.starts_with(k_prefix)) return std::nullopt;
    return unit.substr(k_prefix.size(), unit.rfind('.') - k_prefix.size()) + ".socket";
}

/// NAME=VALUE lines without quoting, as in our files for the values that matter here.
std::string value_in(const fs::path& file, std::string_view name) {
    for (const auto& setting : baton::deploy::parse_settings(baton::read_file(file, k_limit_bytes).value_or("")))
        if (setting.name == name) return setting.value;
    return {};
}

std::vector<std::string> words_of(std::string text) {
    std::erase(text, '"');
    std::vector<std::string> words;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find(' ', at), text.size());
        words.push_back(baton::percent_decode(text.substr(at, end - at)).value_or(""));
        at = end + 1;
    }
    return words;
}

/// Sockets= removes one backslash, and "%%" is one "%".
std::string unescaped(const std::string& value) {
    std::string text;
    for (std::size_t i = 0; i < value.size(); ++i) {
        text += value[i];
        if (i + 1 < value.size() && value[i + 1] == value[i] && (value[i] == '\\' || value[i] == '%')) ++i;
    }
    return text;
}

} // namespace

FakeManager::Unit& FakeManager::unit(const std::string& name) {
    auto& unit = units_[name];
    if (!unit.status.unit.empty()) return unit;
    auto& status = unit.status;
    status.unit = name;
    status.scope = paths_.scope;
    status.load_state = baton::sd::LoadState::loaded;
    status.active_state = ActiveState::inactive;
    status.sub_state = "dead";
    status.result = ServiceResult::success;
    status.timeout_start = status.timeout_stop = 90s;
    if (release_name(name).release > 0) status.type = baton::sd::ServiceType::notify;
    return unit;
}

std::string FakeManager::queue(const std::string& name, Job job) {
    asked_.push_back(fmt::format("{} {}", job == Job::start ? "start" : "stop", name));
    if (job == Job::start && masked_.contains(name))
        throw Error{fmt::format("calling StartUnit of systemd for {}: Unit {} is masked.", quote(name), name)};
    auto& it = unit(name);
    if (it.job != Job::none && it.job != job) finish(it, JobResult::canceled); // mode "replace"
    if (it.job == job) return it.job_name;
    it.job = job;
    it.job_name = fmt::format("/job/{}", ++jobs_);
    if (job == Job::stop && !held_.contains(name)) go_on_stopping(it); // it is sent SIGTERM at once
    return it.job_name;
}

void FakeManager::finish(Unit& unit, JobResult result) {
    if (!loses_results_) results_[unit.job_name] = result;
    unit.job = Job::none;
}

JobResult FakeManager::wait(const std::string& name) {
    const auto job = unit(name).job_name;
    const auto deadline = std::chrono::steady_clock::now() + k_patience;
    while (unit(name).job_name == job && unit(name).job != Job::none) {
        if (std::chrono::steady_clock::now() > deadline) throw Error{"waiting for the job on " + name};
        pass();
    }
    const auto found = results_.find(job);
    return found == results_.end() ? JobResult::unknown : found->second;
}

JobResult FakeManager::start(const std::string& unit) {
    (void)queue(unit, Job::start);
    return wait(unit);
}

JobResult FakeManager::stop(const std::string& unit) {
    (void)queue(unit, Job::stop);
    return wait(unit);
}

std::string FakeManager::queue_start(const std::string& unit) {
    return queue(unit, Job::start);
}

void FakeManager::queue_stop(const std::string& unit) {
    (void)queue(unit, Job::stop);
}

std::optional<JobResult> FakeManager::job_result(const std::string& job) {
    const auto found = results_.find(job);
    if (found == results_.end()) return std::nullopt;
    const auto result = found->second;
    results_.clear(); // the rest are jobs that nobody waits for
    return result;
}

void FakeManager::wait_for_change(std::initializer_list<int> others, std::chrono::milliseconds limit) {
    std::vector<pollfd> fds;
    for (const int fd : others)
        fds.push_back({fd, POLLIN, 0});
    (void)::poll(fds.data(), fds.size(), static_cast<int>(std::min(limit, 1ms).count()));
    pass();
}

void FakeManager::start_timer(const std::string& name, std::chrono::microseconds) {
    asked_.push_back("start " + name + ".timer");
}

void FakeManager::kill(const std::string& name, int signal) {
    asked_.push_back(fmt::format("kill {} {}", signal, name));
    if (auto& it = unit(name); it.program) it.program->take_signal(signal);
}

void FakeManager::reset_failed(const std::string& name) {
    asked_.push_back("reset_failed " + name);
    auto& it = unit(name);
    if (it.status.active_state != ActiveState::failed) return;
    it.status.active_state = ActiveState::inactive;
    it.status.result = ServiceResult::success;
}

baton::sd::UnitStatus FakeManager::status(const std::string& name) {
    pass();
    auto status = unit(name).status;
    status.has_job = unit(name).job != Job::none;
    return status;
}

baton::sd::UnitStatus FakeManager::status_of_active(const std::string& service) {
    return status(service);
}

baton::sd::SocketSettings FakeManager::socket_settings(const std::string&) {
    return {.backlog = 4096, .no_delay = true};
}

std::vector<baton::sd::UnitListing> FakeManager::list(const std::vector<std::string>& patterns) {
    return list_those([&](const std::string& name) {
        return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
            return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
        });
    });
}

std::vector<baton::sd::UnitListing> FakeManager::list_named(const std::vector<std::string>& names) {
    return list_those(
        [&](const std::string& name) { return std::find(names.begin(), names.end(), name) != names.end(); });
}

std::vector<baton::sd::UnitListing>
FakeManager::list_those(const std::function<bool(const std::string& name)>& is_wanted) {
    pass();
    std::vector<baton::sd::UnitListing> found;
    for (const auto& [name, unit] : units_) {
        const bool is_loaded = unit.status.active_state != ActiveState::inactive || unit.job != Job::none;
        if (!is_loaded || !is_wanted(name)) continue;
        found.push_back({name, unit.status.active_state,
                         unit.job == Job::none    ? ""
                         : unit.job == Job::start ? "start"
                                                  : "stop"});
    }
    return found;
}

/// One step in the life of each unit.
void FakeManager::pass() {
    std::vector<std::string> names; // a step may make others
    for (const auto& [name, unit] : units_)
        names.push_back(name);
    for (const auto& name : names)
        go_on(name, unit(name));
    note_activations();
}

void FakeManager::go_on(const std::string& name, Unit& unit) {
    const auto end = unit.program ? unit.program->end() : std::nullopt;
    const bool says_ready_first =
        unit.status.active_state == ActiveState::activating && unit.program && unit.program->is_ready();
    if (end && !says_ready_first) note_end(unit, *end);
    if (held_.contains(name)) return;
    if (unit.job == Job::start) go_on_starting(name, unit);
    if (unit.job == Job::stop) go_on_stopping(unit);
}

void FakeManager::go_on_starting(const std::string& name, Unit& unit) {
    const auto state = unit.status.active_state;
    if (state == ActiveState::active) return finish(unit, JobResult::done);
    if (state == ActiveState::deactivating) return; // first the end
    if (const auto listener = listened_by(name)) return finish(unit, restore(*listener));
    if (name.ends_with(".socket")) return finish(unit, listen(name, unit) ? JobResult::done : JobResult::failed);
    if (release_name(name).release == 0) {
        begin(unit, ActiveState::active);
        return finish(unit, JobResult::done);
    }
    if (state != ActiveState::activating) return launch(name, unit);
    if (!unit.program->is_ready()) return;
    unit.status.active_state = ActiveState::active;
    unit.status.sub_state = "running";
    unit.status.active_since = std::chrono::system_clock::now();
    finish(unit, JobResult::done);
}

void FakeManager::go_on_stopping(Unit& unit) {
    unit.was_told = true;
    if (unit.program) {
        if (unit.status.active_state != ActiveState::deactivating) unit.program->take_signal(SIGTERM);
        unit.status.active_state = ActiveState::deactivating;
        unit.status.sub_state = "stop-sigterm";
        return;
    }
    unit.socket.reset();
    if (unit.status.active_state != ActiveState::failed) // that only a start or reset_failed ends
        unit.status.active_state = ActiveState::inactive;
    finish(unit, JobResult::done);
}

/// A run of the unit begins.
void FakeManager::begin(Unit& unit, ActiveState state) {
    auto& status = unit.status;
    status.active_state = state;
    status.invocation_id = fmt::format("{:032x}", ++starts_);
    status.begun_at = std::chrono::system_clock::now();
    status.begun =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch());
    status.result = ServiceResult::success;
    status.told_to_end = status.ended_by_itself = status.main_was_executed = false;
    status.exec_main_code = status.exec_main_status = 0;
    status.main_lived = {};
    unit.was_told = false;
    unit.executed = std::chrono::steady_clock::now();
}

/// What systemd and baton-exec do, from the release's files.
void FakeManager::launch(const std::string& name, Unit& unit) {
    const auto [site, release] = release_name(name);
    std::vector<baton::Fd> passed;
    for (const auto& listener : settings_of(name, "Sockets")) {
        auto& socket = this->unit(listener);
        if (socket.status.active_state != ActiveState::active) (void)listen(listener, socket);
        if (socket.socket) passed.emplace_back(::fcntl(socket.socket.get(), F_DUPFD_CLOEXEC, 0));
    }
    begin(unit, ActiveState::activating);
    unit.status.sub_state = "start";
    unit.status.main_pid = unit.status.exec_main_pid = k_pid;
    const auto files = paths_.state / site / "releases" / std::to_string(release);
    const bool is_held = !value_in(files / "hold", "BATON_HOLD").empty();
    std::error_code error; // there is no link yet
    const auto live = fs::read_symlink(paths_.state / site / "live", error).filename();
    if (passed.empty()) return note_end(unit, {CLD_EXITED, baton::k_exit_no_socket});
    if (!is_held && live != std::to_string(release)) return note_end(unit, {CLD_EXITED, k_exit_not_its_turn});
    unit.status.main_was_executed = true;
    unit.program = std::make_unique<FakeProgram>(
        FakeProgram::Start{.argv = words_of(value_in(files / "env", "BATON_ARGV")),
                           .release = release,
                           .invocation = unit.status.invocation_id,
                           .private_socket = paths_.runtime / "baton" / site / std::to_string(release) / "http.sock",
                           .is_held = is_held,
                           .sockets = std::move(passed),
                           .preflight = value_in(files / "hold", "BATON_PREFLIGHT_SOCKET")});
}

void FakeManager::note_end(Unit& unit, End end) {
    auto& status = unit.status;
    const bool was_starting = status.active_state == ActiveState::activating;
    const bool is_clean =
        (end.code == CLD_EXITED && end.status == 0) || (end.code == CLD_KILLED && end.status == SIGTERM);
    status.result = is_clean && was_starting && !unit.was_told ? ServiceResult::protocol
                    : is_clean                                 ? ServiceResult::success
                    : end.code == CLD_EXITED                   ? ServiceResult::exit_code
                                                               : ServiceResult::signal;
    status.active_state = status.result == ServiceResult::success ? ActiveState::inactive : ActiveState::failed;
    status.sub_state = status.result == ServiceResult::success ? "dead" : "failed";
    status.exec_main_code = end.code;
    status.exec_main_status = end.status;
    status.main_pid = 0;
    status.told_to_end = unit.was_told;
    status.ended_by_itself = !unit.was_told;
    status.active_until = std::chrono::system_clock::now();
    status.main_lived =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - unit.executed);
    unit.program.reset();
    if (unit.job == Job::start && was_starting) finish(unit, JobResult::failed);
    if (unit.job == Job::stop) finish(unit, JobResult::done);
}

/// Each is up while a release runs that wants it.
void FakeManager::note_activations() {
    std::set<std::string> wanted;
    for (const auto& [name, unit] : units_)
        if (unit.program)
            for (const auto& activation : settings_of(name, "Wants"))
                wanted.insert(activation);
    for (const auto& name : wanted)
        unit(name).status.active_state = ActiveState::active;
    for (auto& [name, unit] : units_)
        if (name.starts_with("baton-activate@") && !wanted.contains(name))
            unit.status.active_state = ActiveState::inactive;
}

/// A socket unit does not start while its Service= is active.
bool FakeManager::listen(const std::string& name, Unit& unit) {
    if (this->unit(baton::deploy::activation_unit(name)).status.active_state == ActiveState::active) return false;
    unit.socket = listening_socket(listener_address(paths_, name));
    unit.status.active_state = unit.socket ? ActiveState::active : ActiveState::failed;
    return static_cast<bool>(unit.socket);
}

/// baton-listen@: it requires the listener, and fails if there is no socket to pass.
JobResult FakeManager::restore(const std::string& listener) {
    auto& socket = unit(listener);
    if (socket.status.active_state != ActiveState::active && !listen(listener, socket)) return JobResult::dependency;
    return socket.socket ? JobResult::done : JobResult::failed;
}

/// The values of one setting in baton's own drop-in for that release.
std::vector<std::string> FakeManager::settings_of(const std::string& release, std::string_view setting) const {
    const auto site = release_name(release).site;
    auto drop_in = paths_.units / (release + ".d") / "10-baton.conf";
    if (!fs::exists(drop_in)) drop_in = paths_.units / (site + "@.service.d") / "10-baton.conf";
    std::vector<std::string> values;
    for (const auto& found : baton::deploy::read_drop_in(drop_in).settings)
        if (found.name == setting) values.push_back(unescaped(found.value));
    return values;
}

} // namespace act
