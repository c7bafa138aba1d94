// SPDX-License-Identifier: MIT
// baton: releases of a web service on a systemd host. Parses the command line, runs one command, reports its error.
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/json.hpp"
#include "cli/places.hpp"
#include "cli/terminal.hpp"
#include "deploy/recorded.hpp"
#include "deploy/tell/typed.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

namespace baton::cli {
namespace {

constexpr auto k_description =
    "baton puts a new version of a web service live without refusing, dropping or slowing one request.\n"
    "Put the new build in the site's directory and change watch.conf; systemd and baton do the rest.";

constexpr auto k_exit_statuses = "Exit status: 0 done, 1 failed, 2 usage, 3 rejected (the old release still serves), "
                                 "4 rolled back, 75 busy, 78 watch.conf invalid. See man baton";

/// "A subcommand is required" would not mention a misspelt one.
void require_known_command(const CLI::App& app, int argc, char** argv) {
    auto* const end = argv + argc;
    auto* const found = std::find_if(argv + 1, end, [](const char* it) { return *it != '-'; });
    if (found == end) return;
    const std::string word = *found;
    std::vector<std::string> names;
    for (const auto* command : app.get_subcommands(nullptr)) {
        if (command->get_name() == word) return;
        if (!command->get_group().empty()) names.push_back(command->get_name()); // the others are for unit files
    }
    const std::vector<std::string_view> views{names.begin(), names.end()};
    const auto near = did_you_mean(word, views);
    throw Error{
        fmt::format("unknown command {}{}", quote(word), near.empty() ? "" : fmt::format("; did you mean '{}'?", near)),
        error_kind::usage, "baton --help"};
}

/// "; did you mean '--force'?" for the first option that the chosen command does not have, if it has one like it.
std::string meant_option(const CLI::App& app, int argc, char** argv) {
    auto* const end = argv + argc;
    auto* const word_of_command = std::find_if(argv + 1, end, [](const char* it) { return *it != '-'; });
    if (word_of_command == end) return {};
    std::vector<const CLI::App*> parts{&app};
    for (const auto* command :
         app.get_subcommands([&](const CLI::App* it) { return it->get_name() == *word_of_command; }))
        parts.push_back(command);
    std::vector<std::string> names;
    for (const auto* part : parts)
        for (const auto* option : part->get_options())
            for (const auto& name : option->get_lnames())
                if (!option->get_group().empty()) names.push_back("--" + name);
    const std::vector<std::string_view> views{names.begin(), names.end()};
    for (const std::string_view whole : std::vector<std::string_view>(argv + 1, end)) {
        const auto word = whole.substr(0, whole.find('='));
        if (!word.starts_with("--") || std::find(views.begin(), views.end(), word) != views.end()) continue;
        const auto near = did_you_mean(word, views);
        return near.empty() ? std::string{} : fmt::format("; did you mean '{}'?", near);
    }
    return {};
}

int parse_and_run(CommandLine& line, int argc, char** argv) {
    try {
        line.app.parse(argc, argv);
    } catch (const CLI::Success& success) {
        return line.app.exit(success);
    } catch (const CLI::ParseError& error) {
        line.json = std::any_of(argv, argv + argc, [](const char* word) { return std::string_view{word} == "--json"; });
        throw Error{error.what() + meant_option(line.app, argc, argv), error_kind::usage, "baton --help"};
    }
    Terminal terminal{line.json};
    Environment environment{terminal, line.user ? places_of_user() : places_of_host(), line.json};
    if (line.user && line.needs_manager) (void)environment.host(); // says what is wrong, whatever the command needs
    const int status = line.action(environment);
    // A closed pipe is not an error, because its reader wants no more; a full disk is.
    if (std::fflush(stdout) != 0 && errno != EPIPE && status == 0) throw errno_error("writing the output");
    return status;
}

/// Opens closed standard descriptors: otherwise the next opened file would get such a number, and receive our output.
void open_standard_descriptors() noexcept {
    int fd = 0;
    do
        fd = ::open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0) (void)::close(fd);
}

/// Adds a hint if a user other than root may not read root's files.
Error with_sudo(const Error& error, sd::Scope scope) {
    const bool denied = scope == sd::Scope::system &&
                        std::string_view{error.what()}.find(std::strerror(EACCES)) != std::string_view::npos;
    return denied && ::geteuid() != 0 && error.hint().empty() ? error.with_hint("run it with sudo") : error;
}

/// Prints nothing if the output goes to the journal, which already has it.
int failed(const CommandLine& line, const Error& raw, bool recorded) {
    const auto scope = line.user ? sd::Scope::user : sd::Scope::system;
    const auto error = deploy::typed_for(scope, with_sudo(raw, scope));
    if (line.json) print_error(error);
    return recorded && sd::stderr_is_journal() ? error.kind().exit_status : report_error(error);
}

} // namespace

CLI::App* CommandLine::add_command(const std::string& name, const std::string& description,
                                   const std::string& of_json) {
    auto* command = app.add_subcommand(name, description);
    command->add_flag("--json", json, "For programs: " + of_json);
    return command;
}

std::vector<std::string> Environment::sites(const std::string& only) const {
    return only.empty() ? site::Store::sites(paths_.state) : std::vector{only};
}

doctor::HostSubject Environment::subject() {
    return {paths_, doctor::Systemd{[this]() -> sd::Manager& { return host(doctor::k_patience).manager; }}};
}

deploy::Host Environment::host(std::chrono::seconds limit) {
    if (!manager_) {
        manager_.emplace(paths_.scope, limit, std::move(turns_));
        if (paths_.scope == sd::Scope::user) require_same_places(*manager_);
    }
    return {paths_, *manager_, observer_};
}

} // namespace baton::cli

int main(int argc, char** argv) {
    using namespace baton::cli;
    open_standard_descriptors();
    (void)::umask(022);                  // baton decides file by file who may read it, not the caller's umask
    (void)std::signal(SIGPIPE, SIG_IGN); // a closed pipe must not end a deploy half way
    CommandLine line{.app = CLI::App{k_description, "baton"}, .action = {}};
    try {
        line.app.footer(k_exit_statuses);
        line.app.set_version_flag("--version", "baton " BATON_VERSION);
        line.app.require_subcommand(1);
        line.app.add_flag("--user", line.user, "The sites of your own service manager, without root; see man baton");
        line.app.fallthrough(); // `baton status --user` as well
        for (const auto add :
             {add_new, add_add, add_remove, add_check, add_deploy, add_rollback, add_status, add_history, add_logs,
              add_doctor, add_activate, add_deactivate, add_changed, add_pursue, add_look, add_release_ended})
            add(line);
        require_known_command(line.app, argc, argv);
        return parse_and_run(line, argc, argv);
    } catch (const baton::deploy::RecordedError& error) {
        return failed(line, error, true);
    } catch (const baton::Error& error) {
        return failed(line, error, false);
    } catch (const std::exception& error) {
        return failed(line, baton::Error{error.what()}, false);
    }
}
