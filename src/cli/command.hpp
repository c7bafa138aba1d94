// SPDX-License-Identifier: MIT
// The parts that each command of baton adds to the command line. Each command has its own file; only src/cli prints.
#pragma once

#include "deploy/context.hpp"
#include "doctor/subject.hpp"

#include <CLI/App.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace baton::cli {

/// The environment of a command; the connection to systemd is made on first use.
class Environment {
  public:
    Environment(deploy::Observer& observer, deploy::Paths paths, bool json)
        : observer_{observer}, json_{json}, paths_{std::move(paths)} {}
    [[nodiscard]] const deploy::Paths& paths() const { return paths_; }
    /// `limit`: for each answer of systemd; only that of the first call counts.
    [[nodiscard]] deploy::Host host(std::chrono::seconds limit = std::chrono::seconds{90});
    /// For what systemd starts: a boot may start it for a thousand sites at once. Call it before the others.
    void take_turns() { turns_ = sd::Turns{paths_.runtime / "baton" / ".turns"}; } // no site has this name
    [[nodiscard]] deploy::Observer& observer() const { return observer_; }
    [[nodiscard]] deploy::SiteContext site(const std::string& name) { return deploy::open_site(host(), name); }
    /// `only`, or if it is empty all registered sites.
    [[nodiscard]] std::vector<std::string> sites(const std::string& only) const;
    /// For the checks of this host and its sites. systemd has k_patience for an answer, if it was not asked before.
    [[nodiscard]] doctor::HostSubject subject();
    /// --json: print one object on standard output, and nothing else.
    [[nodiscard]] bool json() const { return json_; }

  private:
    deploy::Observer& observer_;
    bool json_;
    deploy::Paths paths_;
    sd::Turns turns_;
    std::optional<sd::Manager> manager_;
};

/// The parsed command line.
struct CommandLine {
    CLI::App app;
    /// The chosen command; its result is the exit status. The callback of the parsed command sets it.
    std::function<int(Environment&)> action;
    bool json = false;
    bool user = false;         ///< --user
    bool needs_manager = true; ///< else the command itself says what is wrong with it

    /// Adds a command that has --json; `of_json` says what that prints.
    CLI::App* add_command(const std::string& name, const std::string& description, const std::string& of_json);
};

void add_add(CommandLine& line);
void add_remove(CommandLine& line);
void add_new(CommandLine& line);
void add_check(CommandLine& line);
void add_deploy(CommandLine& line);
void add_rollback(CommandLine& line);
void add_status(CommandLine& line);
void add_history(CommandLine& line);
void add_logs(CommandLine& line);
void add_doctor(CommandLine& line);
/// The commands that unit files and baton itself call.
void add_activate(CommandLine& line);
void add_deactivate(CommandLine& line);
void add_changed(CommandLine& line);
void add_pursue(CommandLine& line);
void add_look(CommandLine& line);
void add_release_ended(CommandLine& line);

} // namespace baton::cli
