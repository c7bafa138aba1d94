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
};

class Story {
  public:
    Story(std::string site, sd::Scope scope, Observer& observer)
        : site_{std::move(site)}, scope_{scope}, observer_{observer} {}

    [[nodiscard]] const std::string& site() const noexcept { return site_; }
    /// From now on messages carry BATON_RELEASE=`release`.
    void about(int release) { release_ = release; }

    /// One line for the end of a step. In the journal: BATON_STEP=, BATON_STEP_USEC=.
    void step(Step step, std::string_view detail, std::chrono::nanoseconds took);
    /// A sentence for the journal and for the person who watches.
    void say(Event event, sd::Priority priority, const std::string& text);
    /// The same, only for the journal: whoever catches a thrown error shows it.
    void record(Event event, sd::Priority priority, const std::string& text);

  private:
    std::string site_;
    sd::Scope scope_;
    Observer& observer_;
    std::optional<int> release_;
};

} // namespace baton::deploy
