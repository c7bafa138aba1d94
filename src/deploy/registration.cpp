// SPDX-License-Identifier: MIT
#include "deploy/registration.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "deploy/activation.hpp"
#include "deploy/site_lock.hpp"
#include "deploy/site_units.hpp"
#include "deploy/unit_names.hpp"
#include "site/site_dir.hpp"
#include "site/site_name.hpp"

#include <fmt/format.h>

#include <array>

namespace baton::deploy {
namespace fs = std::filesystem;
namespace {

void require_unused_name(const Host& host, const std::string& site) {
    const site::Store store{host.paths.state, site};
    if (const auto record = store.record())
        throw Error{fmt::format("adding {}: a site of this name is registered, for {}", quote(site),
                                quote(record->directory.native())),
                    ErrorKind::usage, fmt::format("baton remove {} unregisters it", site)};
    const std::array units{handle_unit(site), first_listener_unit(site), path_unit(site), release_unit(site, 1),
                           moved_listener_unit(site, "1")};
    for (const auto& unit : units)
        if (const auto status = host.manager.status(unit); status.load_state != "not-found")
            throw Error{fmt::format("adding {}: a unit {} exists already ({})", quote(site), quote(unit),
                                    status.fragment_path.empty() ? status.load_state : status.fragment_path),
                        ErrorKind::usage, "choose another name"};
}

void require_root() {
    if (::geteuid() != 0)
        throw Error{"registering a site: it takes root, for unit files and the state directory", ErrorKind::failed,
                    "run it with sudo"};
}

/// Everything that makes a site, taken back in the destructor unless it was committed.
class Registration {
  public:
    explicit Registration(SiteContext& context) : context_{context} {}
    ~Registration() {
        if (!committed_) undo();
    }
    Registration(const Registration&) = delete;
    Registration& operator=(const Registration&) = delete;
    void commit() { committed_ = true; }
    /// Throws nothing: what cannot be undone is told.
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
};

void stop_everything(SiteContext& context) {
    (void)context.manager.stop(handle_unit(context.name())); // its ExecStopPost= stops the rest
    stop_releases(context);                                  // for a handle that never was active
}

void forget_units(SiteContext& context) {
    context.manager.disable(handle_unit(context.name()));
    remove_units(context.paths, context.name());
    context.manager.daemon_reload();
    for (const auto& pattern : {release_pattern(context.name()), helper_pattern(context.name())})
        for (const auto& [unit, state] : context.manager.list(pattern))
            context.manager.reset_failed(unit);
    context.manager.reset_failed(handle_unit(context.name()));
}

void Registration::undo() noexcept {
    step("stopping the site", stop_everything);
    step("removing its units", forget_units);
    step("removing its state", [](SiteContext& context) { context.store.remove(); });
}

} // namespace

CheckedSite check_site(const fs::path& path) {
    std::error_code error;
    CheckedSite checked;
    const bool is_file = fs::exists(path, error) && !fs::is_directory(path, error);
    const auto parent = path.has_parent_path() ? path.parent_path() : fs::path{"."};
    checked.record.directory = site::resolve_site_directory(is_file ? parent : path); // says why if there is none
    checked.record.conf_name = is_file ? path.filename().native() : site::find_watch_conf(checked.record.directory);
    const auto& directory = checked.record.directory;
    const auto& name = checked.record.conf_name;
    site::check_conf_name(name);
    const auto text = site::read_watch_conf(directory, name).text;
    checked.parsed = site::parse_watch_conf(text, (directory / name).native());
    site::check_program(directory, checked.parsed.conf.bin_name);
    checked.record.address = checked.parsed.conf.address;
    return checked;
}

Deployed add_site(const Host& host, const std::string& site, const fs::path& directory) {
    site::check_site_name(site);
    const auto checked = check_site(directory);
    require_root();
    require_unused_name(host, site);
    const auto& address = checked.parsed.conf.address;
    try {
        site::probe_bind(address);
    } catch (const Error& error) {
        throw Error{fmt::format("adding {}: {}", quote(site), error.what()), ErrorKind::rejected,
                    "ss -lntp shows who listens where"};
    }
    SiteContext context{host.paths, host.manager, site::Store{host.paths.state, site}, checked.record,
                        Story{site, host.observer}};
    Registration registration{context};
    context.store.write_record(checked.record);
    write_units(host.paths, {site, checked.record, address, address});
    host.manager.daemon_reload();
    const auto deployed = deploy(context, OnBusy::wait, Repeat::is_an_answer);
    if (host.manager.start(handle_unit(site)) != sd::JobResult::done)
        throw Error{fmt::format("starting {}: its job failed", quote(handle_unit(site))), ErrorKind::failed,
                    fmt::format("journalctl -u {} -n 50", site)};
    host.manager.enable(handle_unit(site));
    registration.commit();
    context.story.say(Event::site_added, sd::Priority::notice,
                      fmt::format("site {} is registered: an edit of {} is a deploy from now on", quote(site),
                                  quote((checked.record.directory / checked.record.conf_name).native())));
    return deployed;
}

void remove_site(const Host& host, const std::string& site) {
    require_root();
    auto context = open_site(host, site);
    const auto lock = lock_site(context, OnBusy::wait);
    Registration registration{context};
    registration.undo();
    registration.commit();
    context.story.say(Event::site_removed, sd::Priority::notice,
                      fmt::format("site {} is unregistered; its directory {} is as it was", quote(site),
                                  quote(context.record.directory.native())));
}

} // namespace baton::deploy
