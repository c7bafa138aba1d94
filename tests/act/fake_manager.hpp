// SPDX-License-Identifier: MIT
// A service manager in memory: the units of sites, as far as a deploy asks for them. No root, no D-Bus, no processes;
// but it reads baton's files as systemd and baton-exec do, and its listeners are sockets. Time passes when somebody
// looks: each look takes each job one step further. What it does, a real systemd does too: the cases run on both.
#pragma once

#include "base/fd.hpp"
#include "deploy/units/drop_in.hpp"
#include "deploy/units/paths.hpp"
#include "fake_program.hpp"
#include "sd/units.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace act {

class FakeManager final : public baton::sd::Units {
  public:
    /// `paths` must outlive this.
    explicit FakeManager(const baton::deploy::Paths& paths) : paths_{paths} {}

    // What a test brings about.
    void mask(const std::string& unit) { masked_.insert(unit); }
    void unmask(const std::string& unit) { masked_.erase(unit); }
    /// From now on, jobs on `unit` wait in the queue ...
    void hold_jobs(const std::string& unit) { held_.insert(unit); }
    /// ... and no longer.
    void let_go(const std::string& unit) { held_.erase(unit); }
    /// The ends of jobs go unnoticed from now on, as when systemd executes itself anew.
    void lose_results() { loses_results_ = true; }
    /// The listener is active, and has no socket: its unit file was missing during a reload.
    void lose_socket(const std::string& listener) { units_[listener].socket.reset(); }
    void shut_down() { is_stopping_ = true; }
    /// As if many processes of baton wanted to use it.
    void crowd() { is_crowded_ = true; }
    /// What was asked of it, in order, without questions: "start shop.socket".
    [[nodiscard]] const std::vector<std::string>& asked() const noexcept { return asked_; }

    [[nodiscard]] baton::sd::JobResult start(const std::string& unit) override;
    [[nodiscard]] baton::sd::JobResult stop(const std::string& unit) override;
    std::string queue_start(const std::string& unit) override;
    void queue_stop(const std::string& unit) override;
    [[nodiscard]] bool job_waits(const std::string& unit) override { return held_.contains(unit); }
    [[nodiscard]] std::optional<baton::sd::JobResult> job_result(const std::string& job) override;
    bool give_way() override { return is_crowded_; }
    void wait_for_change(std::initializer_list<int> others, std::chrono::milliseconds limit) override;
    void heed(std::function<bool(std::string_view unit)> matters) override { (void)matters; }
    void start_timer(const std::string& name, std::chrono::microseconds delay) override;
    void kill(const std::string& unit, int signal) override;
    void daemon_reload() override { asked_.emplace_back("daemon_reload"); }
    void reset_failed(const std::string& unit) override;
    void disable(const std::string& unit) override { asked_.push_back("disable " + unit); }
    [[nodiscard]] int version() override { return 252; }
    [[nodiscard]] bool is_stopping() override { return is_stopping_; }
    [[nodiscard]] baton::sd::UnitStatus status(const std::string& unit) override;
    [[nodiscard]] baton::sd::UnitStatus status_of_active(const std::string& service) override;
    [[nodiscard]] baton::sd::SocketSettings socket_settings(const std::string& unit) override;
    [[nodiscard]] std::vector<baton::sd::UnitListing> list(const std::vector<std::string>& patterns) override;
    [[nodiscard]] std::vector<baton::sd::UnitListing> list_named(const std::vector<std::string>& names) override;

  private:
    enum class Job { none, start, stop };
    struct Unit {
        baton::sd::UnitStatus status = {};
        Job job = Job::none;
        std::string job_name = {};
        std::unique_ptr<FakeProgram> program = nullptr; ///< of a release that runs
        std::chrono::steady_clock::time_point executed{};
        bool was_told = false; ///< it was told to end in this run
        baton::Fd socket = {}; ///< of a listener
    };

    Unit& unit(const std::string& name);
    std::string queue(const std::string& name, Job job);
    baton::sd::JobResult wait(const std::string& name);
    void pass();
    void go_on(const std::string& name, Unit& unit);
    void go_on_starting(const std::string& name, Unit& unit);
    void go_on_stopping(Unit& unit);
    void finish(Unit& unit, baton::sd::JobResult result);
    void begin(Unit& unit, baton::sd::ActiveState state);
    void launch(const std::string& name, Unit& unit);
    void note_end(Unit& unit, End end);
    void note_activations();
    [[nodiscard]] std::vector<baton::sd::UnitListing>
    list_those(const std::function<bool(const std::string& name)>& is_wanted);
    [[nodiscard]] bool listen(const std::string& name, Unit& unit);
    [[nodiscard]] baton::sd::JobResult restore(const std::string& listener);
    [[nodiscard]] std::vector<std::string> settings_of(const std::string& release, std::string_view setting) const;

    const baton::deploy::Paths& paths_;
    std::map<std::string, Unit> units_;
    std::map<std::string, baton::sd::JobResult> results_; ///< by job
    std::set<std::string> masked_;
    std::set<std::string> held_;
    std::vector<std::string> asked_;
    bool loses_results_ = false;
    bool is_stopping_ = false;
    bool is_crowded_ = false;
    int jobs_ = 0;
    int starts_ = 0;
};

} // namespace act
