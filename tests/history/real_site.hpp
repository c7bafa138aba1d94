// SPDX-License-Identifier: MIT
// A site on the booted machine for one history, step by step: each event happens as a person, an uploader or the host
// causes it. Also what can be seen of the site.
#pragma once

#include "base/fd.hpp"
#include "seen.hpp"
#include "site/release/store.hpp"
#include "step.hpp"
#include "support/command.hpp"
#include "support/http.hpp"
#include "unit_states.hpp"

#include <array>
#include <filesystem>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace history {

using simulation::ContentId;
using simulation::Event;
using simulation::Seen;
using simulation::Step;

class RealSite {
  public:
    /// Registers the site and keeps a copy of its state, for begin().
    RealSite(std::string name, int first_port);
    RealSite(const RealSite&) = delete;
    RealSite& operator=(const RealSite&) = delete;

    [[nodiscard]] const std::string& name() const { return name_; }

    /// Whether a machine in namespaces can do that to one site of many.
    [[nodiscard]] static bool can(Event event);

    /// Release 1 is live and proven from here on, and was never replaced, whatever was before.
    void begin();
    /// `release_meant`: the number of the release that the step is about; 0: none, or the one before.
    void happen(const Step& step, int release_meant);
    void prove();
    void end_life();
    void look();
    /// What was begun and takes its time goes on.
    void go_on();

    /// Something is under way, by systemd or by us.
    [[nodiscard]] bool moves(const Units& units);
    [[nodiscard]] bool tries_again(const Units& units) const;
    /// Throws when it changes at this very moment.
    [[nodiscard]] Seen seen(const Units& units) const;
    /// What a client gets who comes now: the content of who answers, and its process.
    struct Answer {
        ContentId content = 0;
        std::string pid;
        bool operator==(const Answer&) const = default;
    };
    [[nodiscard]] Answer ask(std::size_t address) const;
    /// `baton status --json SITE`
    [[nodiscard]] std::string status() const;

  private:
    struct Later {
        std::chrono::steady_clock::time_point when;
        std::function<void()> what;
    };

    [[nodiscard]] std::string conf_text(ContentId content) const;
    [[nodiscard]] std::filesystem::path conf_path() const { return directory_ / "watch.conf"; }
    [[nodiscard]] std::string release(int number) const;
    void replace_conf(ContentId content) const;
    void write_slowly(ContentId content);
    void hold_open(std::chrono::milliseconds time);
    void edit_beside_reload(ContentId content);
    void kill(bool all);
    void crash(int signal) const;
    void take_port(std::size_t index);
    void mask(bool masked);
    void roll_back(int to);
    void restart_old(int old);
    void type(std::vector<std::string> command);
    void connect();
    void all_is_well();
    void leave();
    void restore() const;
    void later(std::chrono::milliseconds after, std::function<void()> what);

    std::string name_;
    std::array<std::string, 2> ports_;
    std::filesystem::path directory_;
    std::filesystem::path outage_; ///< there while the database is not
    std::filesystem::path copy_;   ///< of the state, as it was at first
    baton::site::Store store_;
    bool masked_ = false;
    std::array<baton::Fd, 2> taken_;
    std::shared_ptr<baton::Fd> writer_; ///< of watch.conf
    std::vector<std::unique_ptr<machine::Process>> people_;
    std::vector<std::future<machine::Reply>> clients_;
    std::vector<Later> later_;
    std::vector<pid_t> guards_; ///< of pursuits that were killed
};

} // namespace history
