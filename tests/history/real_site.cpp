// SPDX-License-Identifier: MIT
#include "real_site.hpp"

#include "base/lock.hpp"
#include "deploy/units/unit_names.hpp"
#include "deploy/wish/decision.hpp"
#include "deploy/wish/tries.hpp"
#include "deploy/wish/wish.hpp"
#include "pursuer.hpp"
#include "site/release/site_dir.hpp"
#include "support/files.hpp"
#include "support/programs.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <stdexcept>
#include <thread>

namespace history {
namespace fs = std::filesystem;

using namespace std::chrono_literals;
using namespace baton::deploy;
using baton::sd::ActiveState;
using simulation::Kind;

namespace {

constexpr auto k_state = "/var/lib/baton";
constexpr int k_most_releases = 60; // of a history, for the masks
constexpr auto k_aged = 48h;        // ProbationSecond is half of it

/// A person's command, of which nothing but its end is waited for; what came of it is seen.
void run(const std::vector<std::string>& command) {
    (void)machine::run(command, 120s);
}
void must(const std::vector<std::string>& command) {
    const auto done = machine::run(command, 120s);
    if (done.status != 0) throw std::runtime_error{fmt::format("{}: {}", fmt::join(command, " "), done.text())};
}

bool is_active(const std::string& unit) {
    return baton::sd::Manager{baton::sd::Scope::system}.status(unit).active_state == ActiveState::active;
}

std::string state_of(const Units& units, const std::string& unit) {
    for (const auto& it : units)
        if (it.name == unit) return std::string{baton::sd::text(it.active_state)};
    return "inactive";
}

baton::Fd bound_to(const std::string& port) {
    baton::Fd fd{::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(static_cast<std::uint16_t>(std::stoi(port)));
    const int on = 1;
    (void)::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return {};
    if (::listen(fd.get(), 1) != 0) return {};
    return fd;
}

} // namespace

RealSite::RealSite(std::string name, int first_port)
    : name_{std::move(name)},
      ports_{std::to_string(first_port), std::to_string(first_port + 1)},
      directory_{fs::path{"/srv"} / name_},
      outage_{fs::path{"/srv"} / (name_ + ".outage")},
      copy_{fs::path{"/srv"} / (name_ + ".state")},
      store_{k_state, name_} {
    fs::create_directory(directory_);
    must({"cp", machine::k_shop, directory_ / "test"});
    must({"cp", machine::k_misbehave, directory_ / "misbehave"});
    replace_conf(0);
    must({"baton", "add", name_, directory_});
    leave();
    auto first = store_.manifest(1);
    first.live_since = *first.live_since - k_aged;
    store_.write_manifest(first);
    must({"cp", "-a", store_.directory(), copy_});
}

bool RealSite::can(Event event) {
    switch (event) {
    case Event::power_cut: // the others would go as well
    case Event::disk_full: // the disk is that of all sites
    case Event::disk_free:
    case Event::clock_forward: // the clock is the host's
    case Event::clock_back:
    case Event::watch_fails: // the limit that does it is that of all of PID 1
        return false;
    default:
        return true;
    }
}

std::string RealSite::release(int number) const {
    return release_unit(name_, number);
}

// ---- the directory -----------------------------------------------------------------------------------------------

std::string RealSite::conf_text(ContentId id) const {
    const auto content = simulation::content_of(id);
    if (content.kind == Kind::no_conf) return "{";
    const auto arguments = [&]() -> std::string {
        switch (content.kind) {
        case Kind::slow:
            return "\"--start-after=500\"";
        case Kind::busy:
            return "\"--leave-after=700\"";
        case Kind::exits:
        case Kind::deaf: // rejected as well; how, tests/machine/test_preflight.cpp sees
            return "\"--exit-if=/\"";
        case Kind::needs_database:
            return fmt::format("\"--exit-if={}\"", outage_.native());
        case Kind::unhealthy:
            return R"("crash", "1000000")";
        default:
            return "";
        }
    };
    const bool unhealthy = content.kind == Kind::unhealthy; // a program without a private socket has no health
    return fmt::format(R"({{"HttpPort": "{}", "Ver": "{}", "DelaySecond": {}, "BinName": "{}", "Args": [{}],
  "ProbationSecond": {}, "KeepReleases": 3{}}})",
                       ports_.at(content.address), id, content.delay > 0ms ? 0.4 : 0.0,
                       unhealthy ? "misbehave" : "test", arguments(),
                       std::chrono::duration_cast<std::chrono::seconds>(k_aged / 2).count(),
                       unhealthy ? R"(, "HealthPath": "/healthz", "Preflight": false)" : "");
}

void RealSite::replace_conf(ContentId content) const {
    const auto beside = fs::path{"/srv"} / (name_ + ".new");
    machine::write_file(beside, conf_text(content));
    fs::rename(beside, conf_path());
}

/// In place of who does so already: two would make a mixture.
void RealSite::write_slowly(ContentId content) {
    const auto text = conf_text(content);
    writer_ = std::make_shared<baton::Fd>(::open(conf_path().c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC));
    const auto half = text.size() / 2;
    const auto write = [](const baton::Fd& fd, const std::string& part) {
        if (::write(fd.get(), part.data(), part.size()) < 0) throw std::runtime_error{"writing watch.conf"};
    };
    write(*writer_, text.substr(0, half));
    later(500ms, [=, this, last = std::weak_ptr{writer_}] {
        if (const auto fd = last.lock()) {
            write(*fd, text.substr(half));
            writer_.reset();
        }
    });
}

/// Somebody writes it, and nothing that is other comes of it.
void RealSite::hold_open(std::chrono::milliseconds time) {
    auto fd = std::make_shared<baton::Fd>(::open((directory_ / "test").c_str(), O_WRONLY | O_CLOEXEC));
    later(time, [=] { fd->reset(); });
}

void RealSite::edit_beside_reload(ContentId content) {
    people_.push_back(std::make_unique<machine::Process>(std::vector<std::string>{"systemctl", "daemon-reload"}));
    later(30ms, [=, this] { replace_conf(content); });
}

// ---- the host ----------------------------------------------------------------------------------------------------

void RealSite::kill(bool all) {
    for (const auto pid : kill_pursuer(store_.lock_path(), all))
        guards_.push_back(pid);
}

void RealSite::crash(int signal) const {
    const auto live = store_.live();
    if (!live) return;
    baton::sd::Manager manager{baton::sd::Scope::system};
    const auto before = manager.status(release(*live));
    if (before.active_state != ActiveState::active || before.main_pid == 0) return;
    (void)::kill(static_cast<pid_t>(before.main_pid), signal);
    for (int i = 0; i < 2000; ++i) {
        const auto now = manager.status(release(*live));
        if (now.active_state != ActiveState::active || now.main_pid != before.main_pid) return;
        std::this_thread::sleep_for(5ms);
    }
    throw std::runtime_error{"a program that was killed lives on"};
}

void RealSite::end_life() {
    const auto live = store_.live();
    const auto content = static_cast<ContentId>(std::stoi(store_.manifest(live.value()).conf.ver));
    crash(simulation::content_of(content).kind == Kind::ends_early ? SIGUSR1 : SIGKILL);
}

/// At rest: whoever has the lock waits, with a client for as long as it takes, and reads the records anew before it
/// acts.
void RealSite::prove() {
    const auto lock = baton::Lock::try_take(store_.lock_path());
    const auto live = store_.live();
    if (!live) return;
    auto manifest = store_.manifest(*live);
    if (manifest.live_since) *manifest.live_since -= k_aged;
    store_.write_manifest(manifest);
}

void RealSite::take_port(std::size_t index) {
    if (!taken_.at(index)) taken_.at(index) = bound_to(ports_.at(index));
}

/// Of the template's instances; a template that baton has written cannot be masked.
void RealSite::mask(bool masked) {
    if (masked == masked_) return;
    masked_ = masked;
    for (int number = 1; number <= k_most_releases; ++number) {
        const auto path = fs::path{"/etc/systemd/system"} / release(number);
        if (masked)
            fs::create_symlink("/dev/null", path);
        else
            fs::remove(path);
    }
    must({"systemctl", "daemon-reload"});
}

void RealSite::look() {
    must({"systemctl", "start", "baton-look.service"});
}

// ---- people ------------------------------------------------------------------------------------------------------

void RealSite::type(std::vector<std::string> command) {
    people_.push_back(std::make_unique<machine::Process>(command));
}

void RealSite::roll_back(int to) {
    if (to == 0) return type({"baton", "rollback", name_});
    type({"baton", "rollback", name_, std::to_string(to)});
}

void RealSite::restart_old(int old) {
    if (old != store_.live()) type({"systemctl", "restart", release(old)});
}

void RealSite::connect() {
    const auto live = store_.live();
    const auto ver = live ? std::stoi(store_.manifest(*live).conf.ver) : 0;
    const auto address = simulation::content_of(static_cast<ContentId>(ver)).address;
    if (taken_.at(address)) return; // it would wait for us
    const auto& port = ports_.at(address);
    clients_.push_back(std::async(std::launch::async, [port] { return machine::get(port, "/hello", 100s); }));
}

void RealSite::happen(const Step& step, int release_meant) {
    const auto live = store_.live();
    switch (step.event) {
    case Event::edit:
        return replace_conf(step.arg);
    case Event::slow_edit:
        return write_slowly(step.arg);
    case Event::missed_edit:
        return edit_beside_reload(step.arg);
    case Event::upload:
        return hold_open(10ms * step.arg);
    case Event::kill:
        return kill(false);
    case Event::kill_all:
        return kill(true);
    case Event::port_taken:
        return take_port(step.arg & 1U);
    case Event::port_free:
        return taken_.at(step.arg & 1U).reset();
    case Event::database_down:
        return machine::write_file(outage_, "");
    case Event::database_up:
        fs::remove(outage_);
        return;
    case Event::crash:
        return crash(SIGKILL);
    case Event::stop_live:
        return type({"systemctl", "stop", release(live.value_or(0))});
    case Event::restart_live:
        if (live && is_active(release(*live))) type({"systemctl", "restart", release(*live)});
        return;
    case Event::restart_old:
        return restart_old(release_meant);
    case Event::mask:
        return mask(true);
    case Event::unmask:
        return mask(false);
    case Event::stop_site:
        return type({"systemctl", "stop", name_});
    case Event::start_site:
        return type({"systemctl", "start", name_});
    case Event::restart_site:
        return type({"systemctl", "restart", name_});
    case Event::unwatch:
        return type({"systemctl", "stop", path_unit(name_)});
    case Event::watch:
        return type({"systemctl", "start", path_unit(name_)});
    case Event::roll_back:
        return roll_back(release_meant);
    case Event::deploy:
        return type({"baton", "deploy", name_});
    case Event::force:
        return type({"baton", "deploy", "--force", name_});
    case Event::connection:
        return connect();
    case Event::power_cut:
    case Event::disk_full:
    case Event::disk_free:
    case Event::clock_forward:
    case Event::clock_back:
    case Event::watch_fails:
        break;
    }
    throw std::logic_error{"can() was not asked"};
}

// ---- time --------------------------------------------------------------------------------------------------------

void RealSite::later(std::chrono::milliseconds after, std::function<void()> what) {
    later_.push_back({std::chrono::steady_clock::now() + after, std::move(what)});
}

void RealSite::go_on() {
    const auto now = std::chrono::steady_clock::now();
    for (auto& it : later_)
        if (it.what && it.when <= now) std::exchange(it.what, nullptr)();
    std::erase_if(later_, [](const Later& it) { return !it.what; });
    std::erase_if(people_, [](const auto& it) { return it->ended(); });
    std::erase_if(clients_, [](auto& it) { return it.wait_for(0s) == std::future_status::ready; });
    std::erase_if(guards_, [](pid_t pid) { return ::kill(pid, 0) != 0; });
}

bool RealSite::moves(const Units& units) {
    if (!later_.empty() || !people_.empty() || !guards_.empty()) return true;
    return std::any_of(units.begin(), units.end(), [&](const baton::sd::UnitListing& unit) {
        const auto& state = unit.active_state;
        // One waits with the client, and the other for the one.
        const bool waits = unit.name.starts_with("baton-activate@") || unit.name.starts_with("baton-pursue@");
        if (!clients_.empty() && waits && state == ActiveState::activating) return false;
        return !unit.job.empty() || state == ActiveState::activating || state == ActiveState::deactivating ||
               state == ActiveState::reloading;
    });
}

bool RealSite::tries_again(const Units& units) const {
    return std::any_of(units.begin(), units.end(), [&](const baton::sd::UnitListing& unit) {
        const bool timer = unit.name == pursue_unit(name_) + ".timer" && unit.active_state == ActiveState::active;
        return timer || (unit.name.starts_with("baton-") && unit.active_state == ActiveState::activating);
    });
}

// ---- what is seen ------------------------------------------------------------------------------------------------

Seen RealSite::seen(const Units& units) const {
    const auto conf = baton::site::conf_stamp(directory_, "watch.conf");
    const auto decided = read_decision(store_);
    const auto wish = read_wish(store_);
    const auto put_off = read_tries(fs::path{"/run/baton"} / name_ / "tries.json").wish;
    Seen seen{.handle = state_of(units, handle_unit(name_)),
              .watch = state_of(units, path_unit(name_)),
              .listens = {state_of(units, first_listener_unit(name_)) == "active",
                          state_of(units, moved_listener_unit(name_, ports_[1])) == "active"},
              .client_waits = !clients_.empty(),
              .live = store_.live().value_or(0),
              .edit_is_open = decided.conf != conf,
              .wish_is_open = wish.number > decided.wish,
              .put_off = put_off.count > 0 && put_off.of == wish.number && put_off.conf == conf,
              .result = simulation::result_text(decided.result),
              .releases = {}};
    for (const int number : store_.releases()) {
        const auto manifest = store_.manifest(number);
        seen.releases.push_back({number, static_cast<ContentId>(std::stoi(manifest.conf.ver)),
                                 std::string{baton::site::outcome_text(manifest.outcome)},
                                 state_of(units, release(number))});
    }
    return seen;
}

RealSite::Answer RealSite::ask(std::size_t address) const {
    const auto reply = machine::get(ports_.at(address), "/hello", 20s);
    if (reply.status != 200)
        throw std::runtime_error{fmt::format("a client gets status {} {}", reply.status, reply.error)};
    return {static_cast<ContentId>(std::stoi(reply.ver)), reply.pid};
}

std::string RealSite::status() const {
    const auto told = machine::run({"baton", "status", "--json", name_});
    if (told.status != 0) throw std::runtime_error{"baton status: " + told.text()};
    return told.out;
}

// ---- from the beginning ------------------------------------------------------------------------------------------

void RealSite::all_is_well() {
    for (auto& port : taken_)
        port.reset();
    mask(false);
    fs::remove(outage_);
    while (!later_.empty()) {
        go_on();
        std::this_thread::sleep_for(5ms);
    }
}

/// The site is stopped, and nothing of it is left in PID 1.
void RealSite::leave() {
    must({"systemctl", "stop", name_, path_unit(name_)});      // the watch of a stopped site may be up
    run({"systemctl", "stop", pursue_unit(name_) + ".timer"}); // it may not be there
    people_.clear();
    clients_.clear();
    for (int i = 0; i < 2000; ++i) {
        baton::sd::Manager manager{baton::sd::Scope::system};
        const auto around = manager.list(
            {name_ + "@*.service", fmt::format("baton-*@{}.*", name_), fmt::format("baton-*@{}@*", name_)});
        const auto is_left = [](const auto& unit) {
            return !unit.job.empty() || !baton::sd::is_down(unit.active_state);
        };
        if (std::none_of(around.begin(), around.end(), is_left)) break;
        std::this_thread::sleep_for(10ms);
    }
    run({"systemctl", "reset-failed", name_ + "@*", name_ + ".*"});
    guards_.clear();
}

void RealSite::restore() const {
    fs::remove_all(store_.directory());
    must({"cp", "-a", copy_, store_.directory()});
    fs::remove(fs::path{"/run/baton"} / name_ / "tries.json");
    replace_conf(0);
    auto decided = read_decision(store_);
    decided.conf = baton::site::conf_stamp(directory_, "watch.conf");
    decided.imported.reset();
    write_decision(store_, decided);
}

void RealSite::begin() {
    all_is_well();
    leave();
    restore();
    must({"systemctl", "start", name_});
}

} // namespace history
