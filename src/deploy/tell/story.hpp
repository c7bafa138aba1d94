// SPDX-License-Identifier: MIT
// Tells what happens to a site: to the journal, and to whoever watches (the command line). It prints nothing.
#pragma once

#include "deploy/tell/events.hpp"
#include "sd/journal.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace baton::deploy {

/// The steps of a deploy, in order.
enum class Step { read, import, start, health, live_switch, drain, prune };
inline constexpr int k_steps = 7;
[[nodiscard]] std::string_view step_text(Step step) noexcept;

/// What the command line shows while a deploy runs.
class Observer {
  public:
    Observer() = default;
    Observer(const Observer&) = delete;
    Observer& operator=(const Observer&) = delete;
    virtual ~Observer() = default;
    virtual void step(Step step, std::string_view detail, std::chrono::nanoseconds took) = 0;
    virtual void said(sd::Priority priority, std::string_view text) = 0;
    /// What is going on, as often as something is known; gone with the next step. `done`: from 0 to 1, if that is
    /// known.
    virtual void progress(std::string_view label, std::string_view detail, std::optional<double> done) = 0;
    /// Whether anybody sees progress: it need not be found out otherwise.
    [[nodiscard]] virtual bool wants_progress() const noexcept = 0;
};

class Story {
  public:
    Story(std::string site, sd::Scope scope, Observer& observer)
        : site_{std::move(site)}, scope_{scope}, observer_{observer} {}

    [[nodiscard]] const std::string& site() const noexcept { return site_; }
    [[nodiscard]] Observer& observer() const noexcept { return observer_; }
    /// From now on messages carry BATON_RELEASE=`release`.
    void about(int release) { release_ = release; }

    /// One line for the end of a step. In the journal: BATON_STEP=, BATON_STEP_USEC=.
    void step(Step step, std::string_view detail, std::chrono::nanoseconds took);
    /// A sentence for the journal and for the person who watches.
    void say(Event event, sd::Priority priority, const std::string& text);
    /// The same, only for the journal: whoever catches a thrown error shows it.
    void record(Event event, sd::Priority priority, const std::string& text);
    /// Only for the person who watches; see Observer::progress().
    void progress(Step step, std::string_view detail, std::optional<double> done = std::nullopt);
    void progress(std::string_view label, std::string_view detail, std::optional<double> done = std::nullopt) {
        observer_.progress(label, detail, done);
    }
    [[nodiscard]] bool is_watched() const noexcept { return observer_.wants_progress(); }

  private:
    std::string site_;
    sd::Scope scope_;
    Observer& observer_;
    std::optional<int> release_;
};

} // namespace baton::deploy
