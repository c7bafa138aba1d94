// SPDX-License-Identifier: MIT
// baton add SITE DIR
#include "cli/command.hpp"
#include "deploy/registration.hpp"

namespace baton::cli {

void add_add(CLI::App& app, Action& action) {
    auto* command = app.add_subcommand("add", "Register a directory as a site and make its first release live");
    const auto site = std::make_shared<std::string>();
    const auto directory = std::make_shared<std::string>();
    command->add_option("SITE", *site, "Its name from now on: units are SITE.service, SITE.socket, ...")->required();
    command->add_option("DIR", *directory, "The directory with watch.conf (or one NAME.watch.conf) and the program")
        ->required();
    command->callback([=, &action] {
        action = [=](Environment& environment) {
            (void)deploy::add_site(environment.host(), *site, *directory);
            return 0;
        };
    });
}

} // namespace baton::cli
