// SPDX-License-Identifier: MIT
#include "deploy/take_over.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "deploy/evidence.hpp"
#include "deploy/health.hpp"
#include "deploy/hold.hpp"
#include "deploy/listener.hpp"
#include "deploy/private_socket.hpp"
#include "deploy/running.hpp"
#include "deploy/stopwatch.hpp"
#include "deploy/unit_names.hpp"

#include <fmt/format.h>

#include <thread>

namespace baton::deploy {
namespace {

using Clock = std::chrono::system_clock;
using namespace std::chrono_literals;

constexpr auto k_private_limit = 2s;        // for one answer on a private socket
constexpr auto k_begin_to_drain_limit = 1s; // for a release that was told to stop to say that it drains
constexpr auto k_look_again = 500us;

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
        return {manifest_.release, status_.main_pid, status_.invocation_id, draining_};
    }

  private:
    void start(Listener& listener);
    void health();
    void live_switch();
    void drain();
    void wait_until_draining(int release);
    [[nodiscard]] bool begins_to_drain(int release);
    [[nodiscard]] PrivateSocket socket(int release) const { return {context_.paths, context_.name(), release}; }
    [[noreturn]] void reject(const Error& error);
    void took(Step step, std::string_view detail) {
        const auto time = stopwatch_.lap();
        manifest_.step_ms[std::string{step_text(step)}] = std::chrono::duration<double, std::milli>(time).count();
        context_.story.step(step, detail, time);
    }

    SiteContext& context_;
    site::Manifest manifest_;
    std::string unit_;
    std::optional<int> before_;
    sd::UnitStatus status_;
    std::string draining_;
    Fd holding_; ///< while it is open, the new release keeps off the shared socket
    Step step_ = Step::start;
    Stopwatch stopwatch_;
};

void TakeOver::start(Listener& listener) {
    const Hold hold{context_.paths, context_.name(), manifest_.release};
    const auto result = context_.manager.start(unit_);
    status_ = context_.manager.status(unit_);
    if (result != sd::JobResult::done || !status_.around()) {
        const bool of_its_own = result != sd::JobResult::canceled && result != sd::JobResult::dependency;
        throw Error{fmt::format("starting {}: {}", quote(unit_),
                                of_its_own ? evidence(status_)
                                           : fmt::format("systemd's job ended as '{}'", job_result_text(result))),
                    ErrorKind::rejected};
    }
    const auto fresh = socket(manifest_.release);
    const auto state = fresh.exists() ? fresh.state(k_private_limit) : std::nullopt;
    if (state && state->state == "held") holding_ = fresh.connect();
    listener.require_listening();
    took(Step::start, fmt::format("{} is ready, pid {}", unit_, status_.main_pid));
}

void TakeOver::health() {
    step_ = Step::health;
    if (!manifest_.conf.health_path) return took(Step::health, "no HealthPath is set; READY=1 was the gate");
    const auto& path = *manifest_.conf.health_path;
    try {
        check_health({socket(manifest_.release), path, manifest_.release, status_.main_pid});
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
}

void TakeOver::reject(const Error& error) {
    // The evidence is in the error by now; a unit left to restart by itself would take connections.
    (void)context_.manager.stop(unit_);
    context_.manager.reset_failed(unit_);
    manifest_.outcome = site::Outcome::rejected;
    manifest_.failed_step = step_text(step_);
    manifest_.reason = error.what();
    context_.store.write_manifest(manifest_);
    const auto serving = before_ ? fmt::format("release {} (Ver {}) is still serving", *before_,
                                               context_.store.manifest(*before_).conf.ver)
                                 : std::string{"no release is live"};
    throw Error{
        fmt::format("release {} (Ver {}) rejected: {}", manifest_.release, printable(manifest_.conf.ver), error.what()),
        ErrorKind::rejected, fmt::format("{}; journalctl -u {} shows what this one said", serving, unit_)};
}

} // namespace

TakenOver take_over(SiteContext& context, site::Manifest manifest) {
    return TakeOver{context, std::move(manifest)}.run();
}

} // namespace baton::deploy
