// SPDX-License-Identifier: MIT
#include "deploy/registration.hpp"

#include "base/error.hpp"
#include "base/lock.hpp"
#include "base/text.hpp"
#include "deploy/activation.hpp"
#include "deploy/checking.hpp"
#include "deploy/guard.hpp"
#include "deploy/tell/draining.hpp"
#include "deploy/units/may_listen.hpp"
#include "deploy/units/reload_units.hpp"
#include "deploy/units/site_units.hpp"
#include "deploy/units/unit_names.hpp"
#include "deploy/units/unit_settings.hpp"
#include "deploy/wait_until.hpp"
#include "site/directory/run_directory.hpp"
#include "site/directory/site_name.hpp"

#include <fmt/format.h>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace baton::deploy {
namespace fs = std::filesystem;
namespace {

void require_unused_name(const Host& host, const std::string& site) {
    const site::Store store{host.paths.state, site};
    if (const auto record = store.record())
        throw Error{fmt::format("adding {}: a site of this name is registered, for {}", quote(site),
                                quote(record->directory.native())),
                    error_kind::usage, fmt::format("baton remove {} unregisters it", site)};
    if (has_units(host.paths, site))
        throw Error{fmt::format("adding {}: units of a site of this name exist, but its state is gone from {}",
                                quote(site), quote(store.directory().native())),
                    error_kind::usage,
                    fmt::format("baton remove {} clears them up and leaves its directory alone", site)};
    const std::array units{
        handle_unit(site),     first_listener_unit(site),      path_unit(site),
        release_unit(site, 1), moved_listener_unit(site, "1"), fmt::format("{}.timer", site)}; // which would start it
    for (const auto& unit : units)
        if (const auto status = host.manager.status(unit); status.load_state != sd::LoadState::not_found)
            throw Error{fmt::format("adding {}: a unit {} exists already ({})", quote(site), quote(unit),
                                    status.fragment_path.empty() ? sd::text(status.load_state) : status.fragment_path),
                        error_kind::usage, "choose another name"};
    site::check_new_site_name(site); // after the units, because they tell which name it is
    site::require_free_run_directory(host.paths.runtime, site, host.paths.owner);
}

/// A user's own manager is always asked by that user.
void require_owner(const Paths& paths) {
    if (::geteuid() != paths.owner)
        throw Error{"registering or unregistering a site: it needs root, for unit files and the state directory",
                    error_kind::failed,
                    "run it with sudo; a site of your own service manager needs no root: baton --user"};
}

/// Everybody may see what becomes of the host's sites; what a user has there is that user's alone, as the XDG Base
/// Directory Specification wants it. If it fails, the next step says why.
void make_state_directory(const Paths& paths) noexcept {
    std::error_code ignored;
    fs::create_directories(paths.state.parent_path(), ignored);
    (void)::mkdir(paths.state.c_str(), paths.scope == sd::Scope::user ? 0700 : 0755);
}

/// Makes a site. The destructor undoes everything unless it was committed, also when Ctrl-C, say, kills this process.
class Registration {
  public:
    explicit Registration(SiteContext& context) : context_{context} {}
    ~Registration() {
        if (!committed_) undo();
    }
    Registration(const Registration&) = delete;
    Registration& operator=(const Registration&) = delete;
    void commit() { committed_ = true; }
    void stop() noexcept;
    /// Never throws: reports what it cannot undo.
    void undo() noexcept;

  private:
    void step(const std::string& doing, void (*what)(SiteContext&)) noexcept try {
        what(context_);
    } catch (const Error& error) {
        context_.story.say(Event::warning, sd::Priority::warning, fmt::format("{}: {}, ignoring", doing, error.what()));
    } catch (...) { // out of memory: go on with the next step
    }
    SiteContext& context_;
    bool committed_ = false;
    Guard guard_{context_.paths.scope, "remove", context_.name()};
};

constexpr std::chrono::milliseconds k_between_looks{250};

/// Whether the handle's unit exists: a killed registration or removal may have left none.
bool has_handle(SiteContext& context) {
    return context.manager.status(handle_unit(context.name())).loaded();
}

void stop_handle(SiteContext& context) {
    if (!has_handle(context)) return;
    const auto handle = handle_unit(context.name());
    if (context.story.is_watched()) {
        context.manager.queue_stop(handle);
        DrainProgress drain{context};
        const auto is_down = [&] { return sd::is_down(context.manager.status(handle).active_state); };
        (void)wait_until(std::chrono::microseconds::max(), is_down, [&] {
            if (const auto text = drain.text(); !text.empty()) context.story.progress("stop", text, drain.share());
            context.manager.wait_for_change({}, k_between_looks);
        });
    }
    (void)context.manager.stop(handle);
}

/// Stops what the handle's ExecStopPost= stops, for a handle that never was active or whose state is lost.
void stop_rest(SiteContext& context) {
    stop_everything(context);
    for (const auto& unit : context.manager.list(activation_patterns(context.name()))) {
        (void)context.manager.stop(unit.name); // of a connection that came too early
        context.manager.reset_failed(unit.name);
    }
}

/// The timer of a later look, the tries, and the directory of its sockets.
void forget_runtime(SiteContext& context) {
    const auto timer = pursue_unit(context.name()) + ".timer";
    if (!context.manager.list_named({timer}).empty()) (void)context.manager.stop(timer);
    std::error_code error;                                           // nothing there means nothing to remove
    fs::remove_all(context.tries_path().parent_path(), error);       // also what systemd could not remove
    (void)::rmdir((context.paths.runtime / context.name()).c_str()); // of its unix sockets; if it is empty now
}

void disable(SiteContext& context) {
    if (has_handle(context)) context.manager.disable(handle_unit(context.name()));
}

void forget_units(SiteContext& context) {
    remove_units(context.paths, context.name());
    reload_units(context.paths, context.manager);
    for (const auto& unit : context.manager.list({release_pattern(context.name()), helper_pattern(context.name())}))
        context.manager.reset_failed(unit.name);
    context.manager.reset_failed(handle_unit(context.name()));
}

void Registration::stop() noexcept {
    step("stopping the site", stop_handle);
    step("stopping its other units", stop_rest);
}

void Registration::undo() noexcept {
    stop();
    step("disabling the site", disable);
    step("removing its units", forget_units);
    step("forgetting its tries", forget_runtime);
    step("removing its state", [](SiteContext& context) { context.store.remove(); });
}

/// A later site of the same name would silently inherit these drop-ins.
void tell_others_drop_ins(SiteContext& context, std::string_view what) {
    for (const auto& unit : unit_names(context.name()))
        for (const auto& path : others_drop_ins(context.paths, unit))
            context.story.say(Event::warning, sd::Priority::warning, fmt::format("{} {}", quote(path.native()), what));
}

/// Clears up a registration that was killed before it wrote its record, a removal that was killed after it deleted the
/// record, or a site whose state was lost, which may still run. True if there was anything of it.
bool remove_rest(const Host& host, const std::string& site) {
    site::check_site_name(site);
    site::Store store{host.paths.state, site};
    if (store.record()) return false;
    if (!has_units(host.paths, site)) {
        if (!store.exists()) return false;
        store.remove();
        Story{site, host.paths.scope, host.observer}.say(
            Event::site_removed, sd::Priority::notice,
            fmt::format("what was left of the state of {} is removed", quote(site)));
        return true;
    }
    SiteContext context{host.paths, host.manager, std::move(store), {}, Story{site, host.paths.scope, host.observer}};
    Registration{context}.undo();
    tell_others_drop_ins(context, "stays, for the next site of this name; rm removes it");
    context.story.say(Event::site_removed, sd::Priority::notice,
                      fmt::format("site {} is unregistered; its state was gone", quote(site)));
    return true;
}

/// PID 1 loads a unit with a new name from its file on first use; a reload takes PID 1 20 ms for each site of the host.
/// Only a unit that is already loaded, or a directory that PID 1 does not know, needs the reload.
void know_units(SiteContext& context, bool is_new_directory) {
    auto& manager = context.manager;
    const auto& site = context.name();
    if (is_new_directory || !manager.list({site + ".*", site + "@*"}).empty()) reload_units(context.paths, manager);
}

/// A release is a copy of the directory. The state holds the releases, and changes during each deploy.
void require_apart_from_state(const Paths& paths, const fs::path& directory) {
    std::error_code error; // what is missing, the next steps name
    const auto state = fs::weakly_canonical(paths.state, error);
    const auto top = fs::weakly_canonical(directory, error);
    const auto [end_of_top, end_of_state] = std::mismatch(top.begin(), top.end(), state.begin(), state.end());
    if (end_of_top == top.end() || end_of_state == state.end())
        throw Error{
            fmt::format("adding {}: baton keeps its releases in {}, and one of the two directories holds the other",
                        quote(directory.native()), quote(paths.state.native())),
            error_kind::usage, "give the site a directory of its own"};
}

void take_settings(site::SiteRecord& record, const SiteSettings& settings) {
    if (!settings.listen.empty()) record.listen = settings.listen;
    if (settings.idle_exit) record.idle_exit = settings.idle_exit;
    if (record.idle_exit == std::chrono::seconds{0}) record.idle_exit.reset();
}

void tell_listen(SiteContext& context, const std::vector<site::Address>& before) {
    const auto& listen = context.record.listen;
    std::string list;
    for (const auto& address : listen)
        list += (list.empty() ? "" : ", ") + quote(address.text());
    std::string gone;
    for (const auto& address : before)
        if (std::find(listen.begin(), listen.end(), address) == listen.end())
            gone += (gone.empty() ? "" : ", ") + quote(address.text());
    context.story.say(Event::warning, sd::Priority::notice,
                      fmt::format("site {} may now listen on {}, besides what any user may{}; systemctl reload {} "
                                  "deploys what was refused before",
                                  quote(context.name()), list, gone.empty() ? "" : ", and no longer on " + gone,
                                  context.name()));
}

void tell_idle_exit(SiteContext& context) {
    const auto& idle_exit = context.record.idle_exit;
    const auto now = idle_exit ? fmt::format("started on demand, and a release leaves after {} without a connection",
                                             duration_text(*idle_exit))
                               : std::string{"always up"};
    context.story.say(Event::warning, sd::Priority::notice,
                      fmt::format("site {} is now {}; systemctl reload {} applies it to the live release",
                                  quote(context.name()), now, context.name()));
}

} // namespace

void change_site(const Host& host, const std::string& site, const SiteSettings& settings) {
    require_owner(host.paths);
    auto context = open_site(host, site);
    const auto lock = Lock::take(context.store.lock_path());
    const auto before = context.record;
    take_settings(context.record, settings);
    context.store.write_record(context.record);
    if (!settings.listen.empty()) tell_listen(context, before.listen);
    if (settings.idle_exit) tell_idle_exit(context);
}

Deployed add_site(const Host& host, const std::string& site, const fs::path& directory, const SiteSettings& settings) {
    site::check_site_name(site);
    require_apart_from_state(host.paths, directory);
    auto checked = read_site(directory);
    take_settings(checked.record, settings);
    require_owner(host.paths);
    std::error_code ignored; // the next steps say why
    make_state_directory(host.paths);
    std::optional<Lock> one_at_a_time = Lock::take(host.paths.state / ".adding"); // until the name is taken
    require_unused_name(host, site);
    const auto addresses = checked.parsed.conf.all_addresses();
    require_may_listen(host.paths, site, checked.record, addresses, Registered::no);
    try {
        for (const auto& address : addresses)
            site::probe_bind(address);
    } catch (const Error& error) {
        throw Error{fmt::format("adding {}: {}", quote(site), error.what()), error_kind::failed,
                    "ss -lntp shows who listens where, ip address which addresses this host has"};
    }
    SiteContext context{host.paths, host.manager, site::Store{host.paths.state, site}, checked.record,
                        Story{site, host.paths.scope, host.observer}};
    tell_others_drop_ins(context, "is in effect already; rm removes it");
    Registration registration{context};
    context.store.write_record(checked.record);
    one_at_a_time.reset();
    const bool is_new_directory = !fs::exists(host.paths.units, ignored);
    write_units(host.paths, {.site = site, .record = checked.record});
    enable_site(host.paths, site);
    know_units(context, is_new_directory);
    const auto deployed = fulfil(context, Wish{}, Trigger::registration);
    if (host.manager.start(handle_unit(site)) != sd::JobResult::done)
        throw Error{fmt::format("starting {}: its job failed", quote(handle_unit(site))), error_kind::failed,
                    fmt::format("journalctl -u {} -n 50", site)};
    registration.commit();
    context.story.say(Event::site_added, sd::Priority::notice,
                      fmt::format("site {} is registered: from now on, an edit of {} is a deploy", quote(site),
                                  quote((checked.record.directory / checked.record.conf_name).native())));
    return deployed;
}

void remove_site(const Host& host, const std::string& site) {
    require_owner(host.paths);
    if (remove_rest(host, site)) return;
    auto context = open_site(host, site);
    Registration registration{context};
    registration.stop(); // a process that pursues a wish of the site sees that, and ends
    const auto lock = Lock::take(context.store.lock_path());
    registration.undo();
    registration.commit();
    tell_others_drop_ins(context, "stays, for the next site of this name; rm removes it");
    context.story.say(Event::site_removed, sd::Priority::notice,
                      fmt::format("site {} is unregistered; its directory {} is unchanged", quote(site),
                                  quote(context.record.directory.native())));
}

} // namespace baton::deploy
