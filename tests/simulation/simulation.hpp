// SPDX-License-Identifier: MIT
// A simulated world: one site, its directory, disk and clock, systemd's units and sockets, the people, and baton's
// processes, one of which pursues. src/deploy itself decides, derives records, decision and tries, and says who stays
// and who looks again. The effects of an action on the host are modelled here, one by one; between any two of them
// anything may happen. A broken promise throws Broken.
#pragma once

#include "base/error.hpp"
#include "content.hpp"
#include "deploy/trigger.hpp"
#include "sd/manager.hpp"
#include "seen.hpp"
#include "step.hpp"

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace simulation {

using baton::deploy::Action;
using baton::deploy::Candidate;
using baton::deploy::Decision;
using baton::deploy::Picture;
using baton::deploy::ReleasePicture;
using baton::deploy::Run;
using baton::deploy::Trigger;
namespace site = baton::site;

/// What was promised and is not so.
struct Broken : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Changes a decision, to see that somebody notices.
using Mutant = Action (*)(const Picture& picture, const Action& action);

/// Whether programs end by themselves and probation ends when their time is over, or when it is told: the twin on a
/// booted systemd does both at the same moment in either world, however slow the host is.
enum class Pace : std::uint8_t { by_clock, told };

inline constexpr Ms k_never = Ms::max();
inline constexpr int k_addresses = 2;

/// SITE@N.service, as systemd runs it.
struct Unit {
    enum class State : std::uint8_t { inactive, activating, active, deactivating, failed };
    enum class Job : std::uint8_t { none, runs, done, failed, canceled };
    State state = State::inactive;
    Job start = Job::none;
    ContentId content = 0;
    std::uint8_t address = 0; ///< whose socket it has
    bool told_to_end = false;
    bool ended_by_itself = false;
    bool exited_well = false;
    bool is_turned_away = false;  ///< baton-exec: neither live, nor started by a pursuit
    bool lacks_socket = false;    ///< baton-exec: systemd could not listen
    bool held = false;            ///< it waits for baton's word before it accepts
    bool in_preflight = false;    ///< it runs on sockets of its own
    bool is_waited_for = false;   ///< by the stop of the site
    bool starts_again = false;    ///< a start job waits until it has stopped
    bool has_own_drop_in = false; ///< which says which listener it has
    Ms since{};                   ///< its main process
    Ms next = k_never;            ///< when it goes on by itself
    Ms lived{};

    [[nodiscard]] bool runs() const { return state != State::inactive && state != State::failed; }
    [[nodiscard]] bool accepts() const { return state == State::active && !held && !in_preflight; }
};

enum class Handle : std::uint8_t { inactive, activating, active, reloading, deactivating };
enum class Watch : std::uint8_t { inactive, active, failed };

/// A process of baton that wants to pursue.
struct Process {
    Trigger trigger = Trigger::change;
    std::uint64_t wish = 0; ///< of those that wait for an outcome
    int tries_before = 0;   ///< of the live release, when the handle's start began
    site::Time next_before{};
};

/// What the one that has the lock keeps in memory.
struct Pursuer {
    Process process;
    std::optional<Candidate> candidate;
    bool start_is_asked = false;
    bool live_was_started = false;
    bool watch_was_started = false;
    bool start_again = false;
    bool records_fail = false;
    std::optional<int> switched_to;
    std::optional<Ms> conf_busy_since;
    std::optional<Ms> files_busy_since;
    Ms settling_since{};
    std::int64_t settling = 0;
    Ms wakes = Ms::min(); ///< it waits until then
    bool deaf = false;    ///< ... and not for changes
};

class Simulation {
  public:
    explicit Simulation(Mutant mutant = nullptr, Pace pace = Pace::by_clock) : mutant_{mutant}, pace_{pace} {}

    /// Runs a history from the beginning: release 1 is live and proven. Throws Broken.
    void run(const History& history);
    /// The same, and says what broke; none: nothing did.
    std::optional<std::string> broken_by(const History& history);

    /// What has come of it in the end: what is live, and what became of the directory's content.
    struct End {
        ContentId live;
        ContentId directory;
        Decision::Result result;
        bool operator==(const End&) const = default;
    };
    [[nodiscard]] End end() const;
    /// Tells each event and action on standard output.
    void narrate() { narrates_ = true; }

    // rest.cpp: what the twin on a booted systemd does step by step, and compares.
    void begin();
    void happen(const Step& step);
    /// `step` happens within what happens next: after so many effects of the process that pursues, or so many moments
    /// in which something goes on; 0: never.
    void arm(const Step& step, int effects, int moments);
    [[nodiscard]] bool is_armed() const { return armed_.has_value(); }
    void disarm() { armed_.reset(); }
    /// Somebody looks, for whatever reason.
    void look() { spawn(Trigger::change); }
    /// As if a client had come.
    void activate() { spawn(Trigger::connection); }
    /// Each release starts the activation of its listener: it takes that for a client when the release has failed by
    /// then.
    void let_activation_be_late(bool late) { activation_is_late_ = late; }
    /// Lets time pass until nothing comes any more that has not been seen since.
    void come_to_rest();
    [[nodiscard]] Seen seen() const;
    /// The number of the release that was made last.
    [[nodiscard]] int newest() const { return static_cast<int>(units_.size()) - 1; }
    /// The states of the releases, as `baton status` tells them, the oldest first.
    [[nodiscard]] std::vector<std::string> status() const;
    /// What else tells two worlds apart that look the same.
    [[nodiscard]] std::string hidden() const;
    /// Somebody tries again by himself.
    [[nodiscard]] bool tries_again() const { return timer_ != k_never || pursuer_.has_value(); }
    /// Whether the look of each minute saw something since the last come_to_rest() began.
    [[nodiscard]] bool was_looked_at() const { return was_looked_at_; }
    void forget_look() { was_looked_at_ = false; }
    /// The live release is proven from now on.
    void prove();
    /// Whether the live release's program ends by itself some time, before it is proven or after; and its end.
    enum class Life : std::uint8_t { lasting, early, late };
    [[nodiscard]] Life life() const;
    void end_life();

  private:
    struct Killed {};
    struct HostError {
        baton::ErrorKind kind = baton::error_kind::failed;
    };

    // simulation.cpp: the history, and time
    void settle();
    void pass(Ms time);
    void point();
    void moment();
    void tell(const std::string& text) const;
    [[nodiscard]] Ms next_event() const;
    void let_things_happen();
    [[nodiscard]] site::Time wall() const;
    [[nodiscard]] Ms probation() const;
    [[nodiscard]] bool moves() const;

    // host.cpp: systemd and the disk
    Unit& unit(int release) { return units_.at(static_cast<std::size_t>(release)); }
    [[nodiscard]] const Unit& unit(int release) const { return units_.at(static_cast<std::size_t>(release)); }
    void start_unit(int release);
    void begin_start(int release);
    void stop_unit(int release);
    void unit_goes_on(int release);
    void program_ends(int release);
    static void take_state(baton::sd::UnitStatus& status, const Unit& unit);
    void unit_has_ended(int release, Unit::State state, bool by_itself, bool well);
    void end_unit(int release);
    static void forget_failure(Unit& unit);
    void crash(int release);
    void note_failure_of_its_own(int release);
    void leave_alone(Unit& unit, int release);
    [[nodiscard]] bool anything_runs() const;
    void require_room() const;
    site::Manifest* record(int release);
    void erase_release(int release);
    void power_cut();
    void stop_handle(bool restarts);
    void start_handle();
    void handle_goes_on();
    void change_conf(ContentId content, bool edge);

    // processes.cpp: who pursues
    void spawn(Trigger trigger, std::uint64_t wish = 0);
    void ask_for_reload();
    void run_processes();
    bool take_turn();
    void turn();
    void ends();
    void dies(bool guarded);
    void look_at_all();
    void client_tries();
    void write_wish(baton::deploy::Wish wish, Trigger trigger);

    // look.cpp
    void observe();
    void look_at_conf();
    void settle_conf(Ms delay);
    void follow_candidate();
    void look_at_release(ReleasePicture& release, bool closely);
    void look_at_listeners();
    [[nodiscard]] bool is_reached(std::size_t address) const;
    [[nodiscard]] bool another_runs() const;
    [[nodiscard]] baton::deploy::Glance glance() const;
    [[nodiscard]] std::uint8_t needed_live_address() const;
    [[nodiscard]] std::uint8_t needed_address() const;
    [[nodiscard]] std::vector<int> needed_units() const;
    [[nodiscard]] const Unit* live_unit() const;
    [[nodiscard]] bool listens() const;

    // acts.cpp
    void act(const Action& action);
    void perform(const Action& action);
    void import();
    void copy(int release, Candidate::Purpose purpose);
    void bind();
    void start();
    void preflight();
    void check();
    void switch_over();
    void finish_switch();
    void write_records(const std::vector<site::Manifest>& records);
    void tell_others(int live);
    void let_accept(int release);
    void drop(int release, baton::deploy::Fault fault);
    void reject(const char* step);
    void refuse(baton::ErrorKind kind, std::optional<int> rejected = {});
    void put_off();
    void start_live();
    void write_units();
    void listen(const std::string& unit);
    void prune();
    void seal(ContentId content, const site::Manifest* of);
    void decide_by(const Decision& decision);
    void decide_if_there_is_room(const Decision& decision);

    // promises.cpp
    void check_always() const;
    void check_at_rest() const;
    void check_switch() const;
    void check_verdict(ContentId content) const;
    void check_end() const;
    void check_status() const;
    [[nodiscard]] bool will_look_again() const;

    // ---- the host
    Ms now_{};
    Ms clock_offset_{};
    Picture disk_;             ///< what is stored, and, as the last look left it, what was seen
    baton::deploy::Wish wish_; ///< as stored; disk_ has the one that was seen
    bool disk_full_ = false;
    bool database_ = true;
    bool masked_ = false;
    std::array<bool, k_addresses> taken_{};
    std::array<bool, k_addresses> listens_{};
    std::vector<Unit> units_; ///< by number
    int hold_ = 0;            ///< the release that has a hold file
    Handle handle_ = Handle::active;
    Watch watch_ = Watch::active;
    bool handle_starts_again_ = false;
    bool reload_is_queued_ = false;
    Ms timer_ = k_never;
    Ms look_ = k_never;
    bool client_waits_ = false;
    Ms client_next_ = k_never;

    // ---- the directory
    ContentId content_ = 0;
    ContentId content_to_come_ = 0;
    std::int64_t stamp_ = 1;
    site::Time changed_{};
    Ms conf_written_until_ = k_never; ///< k_never: nobody writes it
    Ms file_written_until_{};

    // ---- processes
    std::optional<Pursuer> pursuer_;
    std::vector<Process> waiting_;
    bool changed_something_ = false;
    std::optional<Step> armed_;
    int effects_left_ = 0;
    int moments_left_ = 0;
    int actions_at_once_ = 0;
    int actions_ = 0;
    Ms last_action_{};
    Ms second_{}; ///< when actions_ began to be counted
    Mutant mutant_;
    Pace pace_ = Pace::by_clock;
    bool was_looked_at_ = false;
    bool narrates_ = false;
    bool activation_is_late_ = false;
    baton::sd::UnitStatus status_;

    // ---- the truth, which only the world knows
    std::bitset<256> misbehaved_; ///< contents that failed of themselves where that is a verdict
    std::bitset<256> taken_back_; ///< contents that a person has taken back
    std::vector<bool> proven_;    ///< by release
    std::vector<Ms> live_since_;  ///< by release, as recorded
    bool clock_jumped_ = false;
    bool was_pruned_ = false;            ///< what a person asked for
    std::optional<ContentId> asked_for_; ///< by a roll back that is newer than every edit
};

} // namespace simulation
