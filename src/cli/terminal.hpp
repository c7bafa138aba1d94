// SPDX-License-Identifier: MIT
// Output for people: numbered, timed steps on standard output, warnings and errors once on standard error. On a
// terminal, also what is going on meanwhile, and colour for outcomes. Silent if systemd has connected these to the
// journal, which already has everything, with fields.
#pragma once

#include "base/error.hpp"
#include "deploy/tell/story.hpp"

namespace baton::cli {

class Terminal final : public deploy::Observer {
  public:
    /// `quiet`: nothing on standard output, which gets only one JSON object.
    explicit Terminal(bool quiet);
    void step(deploy::Step step, std::string_view detail, std::chrono::nanoseconds took) override;
    void said(sd::Priority priority, std::string_view text) override;
    void progress(std::string_view label, std::string_view detail, std::optional<double> done) override;
    [[nodiscard]] bool wants_progress() const noexcept override { return is_vivid_ && !quiet_ && !silent_; }
    /// Erases the line of progress: what follows begins in the first column.
    ~Terminal() override;

  private:
    using Clock = std::chrono::steady_clock;
    void erase_progress();
    /// A lost terminal, as at the end of an ssh session, must not stop the command half way.
    template <typename Print>
    void show(Print print) noexcept;

    bool silent_;
    bool quiet_;
    bool is_vivid_;
    bool progress_is_shown_ = false;
    Clock::time_point progress_at_{}; ///< when it was drawn last
    Clock::time_point step_began_ = Clock::now();
};

/// From now on, a hangup of the terminal (SIGHUP), as at the end of an ssh session, does not end this process. For
/// commands that change running releases.
void outlive_terminal() noexcept;

/// Prints "baton: error: ..." and "hint: ..."; returns the exit status of the error's kind.
int report_error(const Error& error);

} // namespace baton::cli
