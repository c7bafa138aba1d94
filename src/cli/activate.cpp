// SPDX-License-Identifier: MIT
// baton activate SITE, baton deactivate SITE: what unit files call; people use systemctl start and stop.
#include "cli/command.hpp"
#include "deploy/activation.hpp"

namespace baton::cli {
namespace {

constexpr auto k_no_group = ""; // keeps it out of --help

} // namespace

void add_activate(CLI::App& app, Action& action) {
    auto* command = app.add_subcommand("activate", "Start the live release if none serves (called by unit files)");
    command->group(k_no_group);
    const auto site = std::make_shared<std::string>();
    const auto on_connection = std::make_shared<bool>(false);
    command->add_option("SITE", *site, "A registered site")->required();
    command->add_flag("--on-connection", *on_connection, "A client is waiting");
    command->callback([=, &action] {
        action = [=](Environment& environment) {
            // The instance of baton-activate@ is SITE, or SITE@ADDRESS.
            auto context = environment.site(site->substr(0, site->find('@')));
            deploy::activate(context, *on_connection ? deploy::ActivatedBy::connection : deploy::ActivatedBy::handle);
            return 0;
        };
    });
}

void add_deactivate(CLI::App& app, Action& action) {
    auto* command = app.add_subcommand("deactivate", "Stop all releases and wait (called by unit files)");
    command->group(k_no_group);
    const auto site = std::make_shared<std::string>();
    command->add_option("SITE", *site, "A registered site")->required();
    command->callback([=, &action] {
        action = [=](Environment& environment) {
            auto context = environment.site(*site);
            deploy::deactivate(context);
            return 0;
        };
    });
}

} // namespace baton::cli
