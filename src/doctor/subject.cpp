// SPDX-License-Identifier: MIT
#include "doctor/subject.hpp"

#include "deploy/units/site_units.hpp"
#include "deploy/units/unit_names.hpp"
#include "site/release/site_dir.hpp"

#include <algorithm>

namespace baton::doctor {
namespace {

constexpr int k_any_release = 1; // the template's settings are the same for all

bool is_ours(const std::filesystem::path& drop_in) {
    return drop_in.filename() == deploy::k_drop_in || drop_in.filename() == deploy::k_last_drop_in;
}

/// Read anew: systemd may have read another text, and then wants a daemon-reload.
std::vector<deploy::DropIn> drop_ins_of(const sd::UnitValues& values) {
    std::vector<deploy::DropIn> found;
    for (const auto& path : values.list("DropInPaths"))
        if (!is_ours(path)) found.push_back(deploy::read_drop_in(path));
    return found;
}

} // namespace

const sd::UnitList& HostSubject::units() {
    if (!units_) units_ = sd::UnitList{systemd_.ask([](sd::Manager& manager) { return manager.list({"*"}); })};
    return *units_;
}

const std::map<std::string, std::string>& HostSubject::unit_files() {
    if (!unit_files_) unit_files_ = deploy::unit_file_states(paths);
    return *unit_files_;
}

const deploy::ListenerDropIns& HostSubject::listener_drop_ins() {
    if (!listener_drop_ins_) listener_drop_ins_ = deploy::listener_drop_ins(paths);
    return *listener_drop_ins_;
}

SeenUnit HostSubject::unit(const std::string& name) {
    auto values = systemd_.ask([&](sd::Manager& manager) { return manager.values(name); });
    auto drop_ins = drop_ins_of(values);
    return {name, std::move(values), std::move(drop_ins)};
}

const std::string& HostSubject::load_state(const std::string& name) {
    const auto known = load_states_.find(name);
    if (known != load_states_.end()) return known->second;
    const auto values = systemd_.ask([&](sd::Manager& manager) { return manager.values(name); });
    return load_states_.emplace(name, values.text("LoadState")).first->second;
}

SiteSubject::SiteSubject(HostSubject& on, site::Store stored, site::SiteRecord recorded, deploy::Observer& observer)
    : host{on}, store{std::move(stored)}, record{std::move(recorded)}, observer_{observer} {}

SiteSubject::SiteSubject(HostSubject& on, deploy::SiteContext& context, const deploy::SiteReport& report)
    : host{on}, store{context.store}, record{context.record}, observer_{context.story.observer()}, report_{report} {}

const deploy::SiteReport& SiteSubject::report() {
    if (report_) return *report_;
    const auto& units = host.units();
    report_ = host.systemd().ask([&](sd::Manager& manager) {
        deploy::SiteContext context{host.paths, manager, store, record,
                                    deploy::Story{name(), host.paths.scope, observer_}};
        return deploy::report(context, units);
    });
    return *report_;
}

const deploy::ReleaseReport* SiteSubject::live() {
    const auto& releases = report().releases;
    const auto found = std::find_if(releases.begin(), releases.end(),
                                    [&](const auto& release) { return report_->live == release.manifest.release; });
    return found == releases.end() ? nullptr : &*found;
}

const SeenUnit& SiteSubject::release_unit() {
    if (!release_unit_) release_unit_ = host.unit(deploy::release_unit(name(), store.live().value_or(k_any_release)));
    return *release_unit_;
}

const SeenUnit& SiteSubject::handle() {
    if (!handle_) handle_ = host.unit(deploy::handle_unit(name()));
    return *handle_;
}

const SeenUnit& SiteSubject::watch() {
    if (!watch_) watch_ = host.unit(deploy::path_unit(name()));
    return *watch_;
}

const std::vector<SeenUnit>& SiteSubject::sockets() {
    if (sockets_) return *sockets_;
    std::vector<SeenUnit> sockets;
    for (const auto& listener : report().listeners)
        if (std::none_of(sockets.begin(), sockets.end(), [&](const auto& it) { return it.name == listener.unit; }))
            sockets.push_back(host.unit(listener.unit));
    sockets_ = std::move(sockets);
    return *sockets_;
}

const site::ParsedWatchConf& SiteSubject::conf() {
    if (!conf_)
        conf_ = site::parse_watch_conf(site::read_watch_conf(record.directory, record.conf_name).text,
                                       (record.directory / record.conf_name).native());
    return *conf_;
}

std::string SiteSubject::editable_conf() const try {
    std::error_code error;
    if (std::filesystem::is_symlink(record.directory / record.conf_name, error)) return {};
    return site::read_watch_conf(record.directory, record.conf_name).text;
} catch (const Error&) { // the checks of watch.conf say so
    return {};
}

} // namespace baton::doctor
