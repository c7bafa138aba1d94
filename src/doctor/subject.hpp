// SPDX-License-Identifier: MIT
// What the checks look at: this host, and one site. Each question to systemd is asked once, when a check needs it.
#pragma once

#include "base/error.hpp"
#include "deploy/tell/report.hpp"
#include "deploy/units/drop_in.hpp"
#include "deploy/units/paths.hpp"
#include "deploy/units/unit_settings.hpp"
#include "sd/manager.hpp"
#include "sd/unit_list.hpp"
#include "site/conf/watch_conf.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace baton::doctor {

/// How long systemd may take for an answer: a daemon-reload of a host with a thousand sites takes 20 s of PID 1.
inline constexpr std::chrono::seconds k_patience{30};

/// systemd, which may be slow or not there at all: once it has not answered, it is not asked again.
class Systemd {
  public:
    /// `connect` returns the manager, whose answers take k_patience at most, or throws Error.
    explicit Systemd(std::function<sd::Manager&()> connect) : connect_{std::move(connect)} {}

    /// Calls `ask` with the manager. Throws Error as `ask` does, or at once if systemd has not answered before.
    template <typename Ask>
    auto ask(Ask ask) {
        if (lost_) throw *lost_;
        const auto begun = std::chrono::steady_clock::now();
        bool is_connected = false;
        try {
            auto& manager = connect_();
            is_connected = true;
            return ask(manager);
        } catch (const Error& error) {
            if (!is_connected || std::chrono::steady_clock::now() - begun >= k_patience) lost_ = error;
            throw;
        }
    }

  private:
    std::function<sd::Manager&()> connect_;
    std::optional<Error> lost_;
};

/// A unit as systemd has loaded it.
struct SeenUnit {
    std::string name;
    sd::UnitValues values;
    std::vector<deploy::DropIn> drop_ins; ///< those of others than baton

    [[nodiscard]] bool is_loaded() const { return values.text("LoadState") == "loaded"; }
};

class HostSubject {
  public:
    HostSubject(const deploy::Paths& on, Systemd systemd) : paths{on}, systemd_{std::move(systemd)} {}

    const deploy::Paths& paths;

    Systemd& systemd() { return systemd_; }
    /// All loaded units.
    const sd::UnitList& units();
    /// Of what somebody has masked or enabled, on this whole host.
    const std::map<std::string, std::string>& unit_files();
    /// Of all sites.
    const deploy::ListenerDropIns& listener_drop_ins();
    /// Throws Error if systemd does not know it, or does not answer.
    SeenUnit unit(const std::string& name);
    /// LoadState= of a unit that several sites may need: "not-found".
    const std::string& load_state(const std::string& name);

  private:
    Systemd systemd_;
    std::optional<sd::UnitList> units_;
    std::optional<std::map<std::string, std::string>> unit_files_;
    std::optional<deploy::ListenerDropIns> listener_drop_ins_;
    std::map<std::string, std::string> load_states_;
};

class SiteSubject {
  public:
    SiteSubject(HostSubject& on, site::Store stored, site::SiteRecord recorded, deploy::Observer& observer);
    /// For a report that was made already; `context` must outlive it.
    SiteSubject(HostSubject& on, deploy::SiteContext& context, const deploy::SiteReport& report);

    HostSubject& host;
    const site::Store store;
    const site::SiteRecord record;

    [[nodiscard]] const std::string& name() const { return store.site(); }
    /// What baton status shows of it. Throws Error if systemd does not answer.
    const deploy::SiteReport& report();
    /// The live release; null if none is live, or if its record is gone.
    const deploy::ReleaseReport* live();
    /// The unit of the live release; without one, of the next.
    const SeenUnit& release_unit();
    const SeenUnit& handle();
    const SeenUnit& watch();
    /// Of the live release's sockets, or of the one that the site was registered with.
    const std::vector<SeenUnit>& sockets();
    /// Its current watch.conf. Throws Error (config) if it is missing or invalid.
    const site::ParsedWatchConf& conf();
    /// Its text, for a command that edits it; empty if it cannot be read, or is a link: whoever may write the directory
    /// says where it leads.
    [[nodiscard]] std::string editable_conf() const;

  private:
    deploy::Observer& observer_;
    std::optional<deploy::SiteReport> report_;
    std::optional<SeenUnit> release_unit_;
    std::optional<SeenUnit> handle_;
    std::optional<SeenUnit> watch_;
    std::optional<std::vector<SeenUnit>> sockets_;
    std::optional<site::ParsedWatchConf> conf_;
};

} // namespace baton::doctor
