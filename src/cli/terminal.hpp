// SPDX-License-Identifier: MIT
// What a person sees: numbered, timed steps on standard output, warnings and errors once on standard error. Silent when
// systemd has connected these to the journal, which has it all already, with fields.
#pragma once

#include "base/error.hpp"
#include "deploy/tell/story.hpp"

namespace baton::cli {

class Terminal final : public deploy::Observer {
  public:
    /// `quiet`: nothing on standard output, whose one object says it all.
    explicit Terminal(bool quiet);
    void step(deploy::Step step, std::string_view detail, std::chrono::nanoseconds took) override;
    void said(sd::Priority priority, std::string_view text) override;

  private:
    /// A terminal that is gone, as when an ssh session has ended, is no reason to stop half way.
    template <typename Print>
    void show(Print print) noexcept;

    bool silent_;
    bool quiet_;
};

/// The hangup of the terminal (SIGHUP), as when an ssh session ends, does not end this process any more: for commands
/// that change what runs.
void outlive_terminal() noexcept;

/// "baton: error: ..." and "hint: ..."; the exit status is that of the error's kind.
int report_error(const Error& error);

} // namespace baton::cli
