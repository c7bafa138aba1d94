// SPDX-License-Identifier: MIT
// What a case of an executor begins with: a registered site, and what a process that pursues its wish has in memory.
// The test takes the place of that process: it holds the site's lock, looks, and has the executors act.
#pragma once

#include "base/lock.hpp"
#include "deploy/act/acts.hpp"
#include "deploy/wish/decision.hpp"
#include "deploy/wish/tries.hpp"
#include "world.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace act {

/// What whoever watches is told.
class Told final : public baton::deploy::Observer {
  public:
    void step(baton::deploy::Step, std::string_view, std::chrono::nanoseconds) override {}
    void said(baton::sd::Priority, std::string_view text) override { said_.emplace_back(text); }
    void progress(std::string_view, std::string_view, std::optional<double>) override {}
    [[nodiscard]] bool wants_progress() const noexcept override { return false; }
    [[nodiscard]] bool has(std::string_view part) const;

  private:
    std::vector<std::string> said_;
};

/// The content of a release: one of tests/programs, and what its watch.conf says.
struct Content {
    std::string ver = "1";
    std::string program = "shop";
    std::string args = {}; ///< JSON strings: "\"exit\""
    std::string more = {}; ///< further members: "\"HealthPath\": \"/healthz\""
};
/// tests/programs/misbehave in that mode, without a preflight.
[[nodiscard]] Content misbehaving(const std::string& ver, const std::string& args);

class Site {
  private: // made first
    std::unique_ptr<World> world_ = make_world();
    std::string name_;
    Told told_;
    baton::deploy::SiteContext context_;
    baton::Lock lock_;

  public:
    /// No release; its units are written, and nothing runs.
    Site();
    ~Site();
    Site(const Site&) = delete;
    Site& operator=(const Site&) = delete;

    // What the site's owner does.
    void upload(const Content& content) const;
    std::string port; ///< what upload() writes as HttpPort

    // What the pursuing process does. Each returns when the unit has come to rest.
    [[nodiscard]] baton::deploy::Picture look();
    void perform(baton::deploy::Act act, int release = 0);
    /// Uploads and imports it; the number of the candidate.
    int import_candidate(const Content& content);
    /// The same, and its unit is started and up, or has failed.
    int start_candidate(const Content& content);
    /// The same, and it is live.
    int make_live(const Content& content);
    /// Writes the units, binds, and starts the candidate that there is.
    void start_it();
    /// Looks until `condition` is true of the picture, and returns that.
    baton::deploy::Picture look_until(std::string_view what,
                                      const std::function<bool(const baton::deploy::Picture&)>& condition);
    void wait_until_down(int release);
    /// A release has confirmed that it was told to accept before it does.
    void wait_until_serving(int release);
    /// The release fails: somebody sends it SIGKILL.
    void kill(int release);
    /// That was tried `count` times before, in vain; also by what other processes read.
    void have_failed(baton::deploy::Try baton::deploy::Tries::*what, int count);
    /// The site is up, as after `systemctl start`.
    void start_handle();

    // What everybody can see.
    [[nodiscard]] World& world() { return *world_; }
    [[nodiscard]] baton::sd::Units& manager() { return world_->manager(); }
    [[nodiscard]] baton::deploy::SiteContext& context() noexcept { return context_; }
    [[nodiscard]] const Told& told() const noexcept { return told_; }
    [[nodiscard]] std::string unit(int release) const;
    [[nodiscard]] std::string listener() const;
    [[nodiscard]] baton::sd::ActiveState state(int release);
    [[nodiscard]] bool listens();
    [[nodiscard]] std::optional<int> live() const { return context_.store.live(); }
    [[nodiscard]] baton::site::Manifest record(int release) const { return context_.store.manifest(release); }
    [[nodiscard]] std::vector<int> releases() const { return context_.store.releases(); }
    [[nodiscard]] baton::deploy::Decision decision() const { return baton::deploy::read_decision(context_.store); }
    [[nodiscard]] baton::deploy::Tries tries() const { return baton::deploy::read_tries(context_.tries_path()); }
    /// What the release says of itself: "held", "serving"; empty if it says nothing.
    [[nodiscard]] std::string says(int release) const;
    [[nodiscard]] bool is_held(int release) const;

    baton::deploy::Pursued pursued;
};

} // namespace act
