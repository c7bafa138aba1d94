// SPDX-License-Identifier: MIT
// Output for people: numbered, timed steps on standard output, warnings and errors once on standard error. Silent if
// systemd has connected these to the journal, which already has everything, with fields.
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

  private:
    /// A lost terminal, as at the end of an ssh session, must not stop the command half way.
    template <typename Print>
    void show(Print print) noexcept;

    bool silent_;
    bool quiet_;
};

/// From now on, a hangup of the terminal (SIGHUP), as at the end of an ssh session, does not end this process. For
/// commands that change running releases.
void outlive_terminal() noexcept;

/// Prints "baton: error: ..." and "hint: ..."; returns the exit status of the error's kind.
int report_error(const Error& error);

} // namespace baton::cli
