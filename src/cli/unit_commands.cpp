// SPDX-License-Identifier: MIT
// baton activate, deactivate, changed, release-ended, pursue, look: commands for unit files and baton itself. People
// use systemctl start and stop.
#include "base/error.hpp"
#include "base/number.hpp"
#include "cli/command.hpp"
#include "deploy/activation.hpp"
#include "deploy/ask_for_reload.hpp"
#include "deploy/look.hpp"
#include "deploy/pursuit.hpp"
#include "deploy/units/socket_options.hpp"

namespace baton::cli {
namespace {

/// Adds a command that --help does not show. `what` is the argument's meaning.
std::shared_ptr<std::string> add_hidden(CommandLine& line, const char* name, const char* description,
                                        const char* what) {
    auto* command = line.app.add_subcommand(name, description);
    command->group("");
    const auto argument = std::make_shared<std::string>();
    command->add_option("SITE", *argument, what)->required();
    return argument;
}

struct Instance {
    std::string site;
    std::string rest; ///< the text after "@"; empty if there is none
};

Instance split_instance(const std::string& text) {
    const auto at = text.find('@');
    return at == text.npos ? Instance{text, ""} : Instance{text.substr(0, at), text.substr(at + 1)};
}

} // namespace

void add_activate(CommandLine& line) {
    const auto instance =
        add_hidden(line, "activate", "Start the live release if none serves", "SITE, or SITE@ADDRESS of its listener");
    auto* command = line.app.get_subcommand("activate");
    const auto on_connection = std::make_shared<bool>(false);
    command->add_flag("--on-connection", *on_connection, "A client is waiting");
    command->callback([=, &line] {
        line.action = [=](Environment& environment) {
            const auto site = split_instance(*instance).site;
            if (!site::Store{environment.paths().state, site}.record()) return 0; // unregistered meanwhile
            environment.take_turns();
            auto context = environment.site(site);
            *on_connection ? deploy::activate_for_client(context) : deploy::activate_for_handle(context);
            return 0;
        };
    });
}

void add_deactivate(CommandLine& line) {
    const auto site = add_hidden(line, "deactivate", "Stop all releases and wait", "A registered site");
    line.app.get_subcommand("deactivate")->callback([=, &line] {
        line.action = [=](Environment& environment) {
            environment.take_turns();
            auto context = environment.site(*site);
            deploy::deactivate(context);
            return 0;
        };
    });
}

void add_changed(CommandLine& line) {
    const auto site = add_hidden(line, "changed", "Request a deploy of the changes", "A registered site");
    line.app.get_subcommand("changed")->callback([=, &line] {
        line.action = [=](Environment& environment) {
            environment.take_turns();
            deploy::ask_for_reload(environment.host().manager, *site);
            return 0;
        };
    });
}

/// Both commands only mean "look again": the pursuit finds out the state.
int pursue(Environment& environment, const std::string& name, std::optional<int> ended = {}) {
    const site::Store store{environment.paths().state, name};
    if (!store.record()) return 0;
    try {
        auto lock = deploy::lock_to_look(store);
        if (!lock) return 0;
        environment.take_turns();
        auto context = environment.site(name);
        if (ended) deploy::put_sockets_right(context, *ended);
        deploy::pursue(context, deploy::Trigger::change, std::move(lock));
    } catch (const Error&) {
        if (store.record()) throw; // otherwise it was unregistered meanwhile
    }
    return 0;
}

void add_pursue(CommandLine& line) {
    const auto site = add_hidden(line, "pursue", "Work towards the wanted state", "A registered site");
    line.app.get_subcommand("pursue")->callback(
        [=, &line] { line.action = [=](Environment& environment) { return pursue(environment, *site); }; });
}

void add_look(CommandLine& line) {
    auto* command = line.app.add_subcommand("look", "Handle changes that the watches of all sites have missed");
    command->group("");
    command->callback([&line] {
        line.action = [](Environment& environment) {
            deploy::look_at_all(environment.host());
            return 0;
        };
    });
}

void add_release_ended(CommandLine& line) {
    const auto instance = add_hidden(line, "release-ended", "Make sure that the live release serves", "SITE@N");
    line.app.get_subcommand("release-ended")->callback([=, &line] {
        line.action = [=](Environment& environment) {
            const auto [site, release] = split_instance(*instance);
            return pursue(environment, site, parse_number<int>(release));
        };
    });
}

} // namespace baton::cli
