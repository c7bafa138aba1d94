// SPDX-License-Identifier: MIT
// baton remove SITE
#include "cli/command.hpp"
#include "deploy/registration.hpp"

namespace baton::cli {

void add_remove(CLI::App& app, Action& action) {
    auto* command = app.add_subcommand("remove", "Stop a site and unregister it; its own directory is not touched");
    const auto site = std::make_shared<std::string>();
    command->add_option("SITE", *site, "A registered site")->required();
    command->callback([=, &action] {
        action = [=](Environment& environment) {
            deploy::remove_site(environment.host(), *site);
            return 0;
        };
    });
}

} // namespace baton::cli
