// SPDX-License-Identifier: MIT
#include "deploy/take_over.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "deploy/drain_limit.hpp"
#include "deploy/evidence.hpp"
#include "deploy/health.hpp"
#include "deploy/hold.hpp"
#include "deploy/listener.hpp"
#include "deploy/private_socket.hpp"
#include "deploy/running.hpp"
#include "deploy/stopwatch.hpp"
#include "deploy/telling.hpp"
#include "deploy/unit_names.hpp"

#include <fmt/format.h>

#include <csignal>
#include <thread>

namespace baton::deploy {
namespace {

using Clock = std::chrono::system_clock;
using namespace std::chrono_literals;

constexpr auto k_private_limit = 2s;        // for one answer on a private socket
constexpr auto k_begin_to_drain_limit = 1s; // for a release that was told to stop to say that it drains
constexpr auto k_look_again = 500us;
constexpr auto k_stay_alive = 1s;  // for a program that does not say READY=1, after it could be executed
constexpr auto k_leave_limit = 5s; // for a rejected release; TimeoutStopSec= is for one that has served
constexpr auto k_look_at_unit = 20ms;

class TakeOver {
  public:
    TakeOver(SiteContext& context, site::Manifest manifest)
        : context_{context}, manifest_{std::move(manifest)}, unit_{release_unit(context.name(), manifest_.release)},
          before_{context.store.live()} {}

    TakenOver run() {
        try {
            Listener listener{context_, manifest_.conf.address};
            start(listener);
            health();
            live_switch();
            listener.commit();
        } catch (const Error& error) {
            if (context_.store.live() != manifest_.release) reject(error);
            throw;
        }
        drain();
        return {manifest_.release, status_.main_pid, draining_};
    }

  private:
    void start(Listener& listener);
    void require_running(sd::JobResult result) const;
    void require_staying_alive();
    void health();
    void live_switch();
    void drain();
    void wait_until_draining(int release);
    [[nodiscard]] bool begins_to_drain(int release);
    [[nodiscard]] PrivateSocket socket(int release) const { return {context_.paths, context_.name(), release}; }
    [[noreturn]] void reject(const Error& error);
    void end_rejected();
    void took(Step step, std::string_view detail) { tell_step(context_, manifest_, step, stopwatch_.lap(), detail); }

    SiteContext& context_;
    site::Manifest manifest_;
    std::string unit_;
    std::optional<int> before_;
    sd::UnitStatus status_;
    std::string draining_;
    Step step_ = Step::start;
    Stopwatch stopwatch_;
};

void TakeOver::start(Listener& listener) {
    const Hold hold{context_.paths, context_.store, manifest_.release};
    const auto result = context_.manager.start(unit_);
    status_ = context_.manager.status(unit_);
    require_running(result);
    const bool says_ready = status_.type == "notify";
    if (!says_ready) require_staying_alive();
    listener.require_listening();
    took(Step::start,
         says_ready ? fmt::format("{} is ready, pid {}", unit_, status_.main_pid)
                    : fmt::format("{} has run for {}, pid {}", unit_, duration_text(k_stay_alive), status_.main_pid));
}

void TakeOver::require_running(sd::JobResult result) const {
    if (result == sd::JobResult::done && status_.around()) return;
    const bool of_its_own = result != sd::JobResult::canceled && result != sd::JobResult::dependency;
    throw Error{fmt::format("starting {}: {}", quote(unit_),
                            of_its_own ? evidence(status_)
                                       : fmt::format("systemd's job ended as '{}'", job_result_text(result))),
                ErrorKind::rejected};
}

/// Type=exec says that it could be executed, no more.
void TakeOver::require_staying_alive() {
    const auto deadline = std::chrono::steady_clock::now() + k_stay_alive;
    while (std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(k_look_at_unit);
        status_ = context_.manager.status(unit_);
        require_running(sd::JobResult::done);
    }
}

void TakeOver::health() {
    step_ = Step::health;
    if (!manifest_.conf.health_path) return took(Step::health, "no HealthPath is set; READY=1 was the gate");
    const auto& path = *manifest_.conf.health_path;
    try {
        check_health({socket(manifest_.release), path, manifest_.release, status_.main_pid, status_.invocation_id});
    } catch (const Error& error) {
        throw error.within(fmt::format("checking the health of {}", quote(unit_)));
    }
    took(Step::health, fmt::format("{} answers 2xx on the release's own socket", quote(path)));
}

void TakeOver::live_switch() {
    step_ = Step::live_switch;
    // The link is the commit point: a killed deploy is completed or undone by what it says.
    context_.store.set_live(manifest_.release);
    const auto now = Clock::now();
    manifest_.outcome = site::Outcome::accepted;
    manifest_.live_since = now;
    took(Step::live_switch, fmt::format("release {} is live", manifest_.release));
    context_.store.write_manifest(manifest_);
    if (!before_) return;
    auto before = context_.store.manifest(*before_);
    before.live_until = now;
    context_.store.write_manifest(before);
}

bool TakeOver::begins_to_drain(int release) {
    const auto running = running_releases(context_.manager, context_.name());
    const auto found = running.find(release);
    if (found == running.end()) return true;
    if (found->second != "deactivating") return false;
    const auto state = socket(release).exists() ? socket(release).state(k_private_limit) : std::nullopt;
    return !state || state->state != "serving";
}

/// Bounded: a release that does not say what it does, or does not listen to SIGTERM, does not keep the new one waiting.
void TakeOver::wait_until_draining(int release) {
    const auto deadline = std::chrono::steady_clock::now() + k_begin_to_drain_limit;
    while (!begins_to_drain(release) && std::chrono::steady_clock::now() < deadline)
        std::this_thread::sleep_for(k_look_again);
}

void TakeOver::drain() {
    for (const auto& [release, state] : running_releases(context_.manager, context_.name())) {
        if (release == manifest_.release) continue;
        draining_ += fmt::format("{}{}", draining_.empty() ? "" : ", ", release);
        if (state == "deactivating") continue;
        context_.manager.queue_stop(release_unit(context_.name(), release));
        wait_until_draining(release);
    }
    const auto fresh = socket(manifest_.release);
    if (fresh.exists() && !fresh.accept(k_private_limit))
        context_.story.say(
            Event::warning, sd::Priority::warning,
            fmt::format("telling release {} to accept connections: it did not say yes", manifest_.release));
    took(Step::drain,
         draining_.empty() ? "no other release runs" : fmt::format("told release {} to finish and leave", draining_));
    limit_draining(context_, manifest_.release);
}

/// A release that does not leave would go on taking connections.
void TakeOver::end_rejected() {
    context_.manager.queue_stop(unit_);
    const auto deadline = std::chrono::steady_clock::now() + k_leave_limit;
    while (context_.manager.status(unit_).around() && std::chrono::steady_clock::now() < deadline)
        std::this_thread::sleep_for(k_look_at_unit);
    if (context_.manager.status(unit_).around()) {
        context_.manager.kill(unit_, SIGKILL);
        (void)context_.manager.stop(unit_);
    }
    context_.manager.reset_failed(unit_);
}

void TakeOver::reject(const Error& error) {
    end_rejected(); // the evidence is in the error by now
    manifest_.outcome = site::Outcome::rejected;
    manifest_.failed_step = step_text(step_);
    manifest_.reason = error.what();
    context_.store.write_manifest(manifest_);
    throw Error{fmt::format("{} rejected: {}", release_text(manifest_), error.what()), ErrorKind::rejected,
                fmt::format("{}; journalctl -u {} shows what this one said", still_serving_text(context_), unit_)};
}

} // namespace

TakenOver take_over(SiteContext& context, site::Manifest manifest) {
    return TakeOver{context, std::move(manifest)}.run();
}

} // namespace baton::deploy
