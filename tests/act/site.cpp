// SPDX-License-Identifier: MIT
#include "site.hpp"

#include "deploy/picture/observe.hpp"
#include "deploy/running.hpp"
#include "deploy/units/private_socket.hpp"
#include "deploy/units/site_units.hpp"
#include "deploy/units/unit_names.hpp"
#include "programs.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <fstream>

namespace act {
namespace fs = std::filesystem;

using namespace std::chrono_literals;
using baton::deploy::Act;
using baton::deploy::Picture;
using baton::deploy::Run;
using baton::sd::ActiveState;
namespace {

constexpr auto k_patience = 30s;

std::string next_name() {
    static int number = 0;
    return fmt::format("act-{}", ++number);
}

baton::deploy::SiteContext make_context(World& world, const std::string& name, Told& told) {
    const auto& paths = world.paths();
    baton::site::Store store{paths.state, name};
    baton::site::SiteRecord record{world.directory_of(name), "watch.conf",
                                   baton::site::parse_address(world.free_port())};
    fs::create_directories(record.directory);
    store.write_record(record);
    return {paths, world.manager(), std::move(store), std::move(record), baton::deploy::Story{name, paths.scope, told}};
}

} // namespace

bool Told::has(std::string_view part) const {
    return std::any_of(said_.begin(), said_.end(), [&](const auto& text) { return text.find(part) != text.npos; });
}

Content misbehaving(const std::string& ver, const std::string& args) {
    return {.ver = ver, .program = "misbehave", .args = args, .more = R"("Preflight": false)"};
}

Site::Site()
    : name_{next_name()},
      context_{make_context(*world_, name_, told_)},
      lock_{baton::Lock::take(context_.store.lock_path())},
      port{context_.record.address.text()},
      pursued{.context = context_, .tries = {}} {
    (void)write_units(context_.paths, {.site = name_, .record = context_.record});
    manager().daemon_reload();
}

Site::~Site() {
    for (const auto& [release, running] : baton::deploy::all_running_releases(context_))
        manager().kill(unit(release), SIGKILL); // some ignore SIGTERM
    pursued.forget_candidate();
    { const auto unlocked = std::move(lock_); }
    world_->forget(name_);
}

void Site::upload(const Content& content) const {
    const auto to = context_.record.directory / content.program;
    fs::remove(to);
    fs::copy_file(program_path(content.program), to);
    std::ofstream{context_.record.directory / "watch.conf"} << fmt::format(
        R"({{"HttpPort": "{}", "Ver": "{}", "DelaySecond": 0, "BinName": "{}", "Args": [{}]{}{}}})", port, content.ver,
        content.program, content.args, content.more.empty() ? "" : ", ", content.more);
}

Picture Site::look() {
    return observe(pursued, {.registers = true});
}

void Site::perform(Act act, int release) {
    baton::deploy::perform(pursued, look(), {.act = act, .release = release, .why = {}, .unit = {}});
}

int Site::import_candidate(const Content& content) {
    upload(content);
    perform(Act::import);
    REQUIRE(pursued.candidate);
    return pursued.candidate->release;
}

void Site::start_it() {
    perform(Act::write_units);
    perform(Act::bind);
    perform(Act::start);
    (void)look_until("the candidate's start has ended", [](const Picture& picture) {
        const auto run = picture.find(picture.candidate->release)->run;
        return picture.candidate->start_has_ended && run != Run::starting && run != Run::leaving;
    });
}

int Site::start_candidate(const Content& content) {
    const int release = import_candidate(content);
    start_it();
    return release;
}

int Site::make_live(const Content& content) {
    const int release = start_candidate(content);
    perform(Act::check);
    REQUIRE(pursued.candidate);
    REQUIRE(pursued.candidate->checked);
    perform(Act::switch_over);
    return release;
}

Picture Site::look_until(std::string_view what, const std::function<bool(const Picture&)>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + k_patience;
    for (;;) {
        auto picture = look();
        if (condition(picture)) return picture;
        if (std::chrono::steady_clock::now() > deadline) FAIL("still not so: " << what);
        manager().wait_for_change({}, 20ms);
        if (pursued.preflight)
            pursued.preflight->give_to([&](pid_t pid) { return world_->is_of(unit(pursued.candidate->release), pid); });
    }
}

void Site::wait_until_serving(int release) {
    (void)look_until("the release serves", [&](const Picture&) { return says(release) == "serving"; });
}

void Site::wait_until_down(int release) {
    (void)look_until("the release is down", [&](const Picture&) { return baton::sd::is_down(state(release)); });
}

void Site::kill(int release) {
    manager().kill(unit(release), SIGKILL);
    (void)look_until("the release has failed", [&](const Picture&) { return state(release) == ActiveState::failed; });
}

void Site::have_failed(baton::deploy::Try baton::deploy::Tries::*what, int count) {
    auto tries = pursued.tries;
    (tries.*what).count = count;
    pursued.keep(tries);
}

void Site::start_handle() {
    REQUIRE(manager().start(baton::deploy::handle_unit(name_)) == baton::sd::JobResult::done);
}

std::string Site::unit(int release) const {
    return baton::deploy::release_unit(name_, release);
}

std::string Site::listener() const {
    return baton::deploy::first_listener_unit(name_);
}

ActiveState Site::state(int release) {
    return manager().status(unit(release)).active_state;
}

bool Site::listens() {
    return manager().status(listener()).active_state == ActiveState::active;
}

std::string Site::says(int release) const {
    const baton::deploy::PrivateSocket socket{context_.paths, name_, release};
    const auto state = socket.state(2s);
    return std::string{state ? text(state->state) : ""};
}

bool Site::is_held(int release) const {
    return fs::exists(context_.store.release_path(release) / "hold");
}

} // namespace act
