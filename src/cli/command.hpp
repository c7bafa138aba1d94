// SPDX-License-Identifier: MIT
// What each command of baton adds to the command line. One command, one file; src/cli is the only code that prints.
#pragma once

#include "deploy/context.hpp"

#include <CLI/App.hpp>

#include <functional>
#include <optional>

namespace baton::cli {

/// What a command runs with; the connection to systemd is made when it is first asked for.
class Environment {
  public:
    explicit Environment(deploy::Observer& observer) : observer_{observer} {}
    [[nodiscard]] const deploy::Paths& paths() const { return paths_; }
    [[nodiscard]] deploy::Host host();
    [[nodiscard]] deploy::SiteContext site(const std::string& name) { return deploy::open_site(host(), name); }

  private:
    deploy::Observer& observer_;
    deploy::Paths paths_{"/var/lib/baton", "/etc/systemd/system", BATON_UNIT_TEMPLATES, "/run"};
    std::optional<sd::Manager> manager_;
};

/// The chosen command's work; its result is the exit status. Set by the callback of the command that was parsed.
using Action = std::function<int(Environment&)>;

void add_add(CLI::App& app, Action& action);
void add_remove(CLI::App& app, Action& action);
void add_check(CLI::App& app, Action& action);
void add_deploy(CLI::App& app, Action& action);
void add_rollback(CLI::App& app, Action& action);
void add_status(CLI::App& app, Action& action);
/// The ones that unit files call.
void add_activate(CLI::App& app, Action& action);
void add_deactivate(CLI::App& app, Action& action);

} // namespace baton::cli
