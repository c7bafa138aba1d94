// SPDX-License-Identifier: MIT
// baton add SITE DIR
#include "cli/command.hpp"
#include "cli/json.hpp"
#include "deploy/registration.hpp"

namespace baton::cli {

void add_add(CommandLine& line) {
    auto* command = line.add_command("add", "Register a directory as a site and make its first release live",
                                     "The release that is live, in place of the steps");
    const auto site = std::make_shared<std::string>();
    const auto directory = std::make_shared<std::string>();
    command->add_option("SITE", *site, "Its name from now on: units are SITE.service, SITE.socket, ...")->required();
    command->add_option("DIR", *directory, "The directory with watch.conf (or one NAME.watch.conf) and the program")
        ->required();
    command->callback([=, &line] {
        line.action = [=](Environment& environment) {
            const auto deployed = deploy::add_site(environment.host(), *site, *directory);
            if (environment.json()) print_deployed(environment.site(*site), deployed);
            return 0;
        };
    });
}

} // namespace baton::cli
