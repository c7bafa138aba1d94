// SPDX-License-Identifier: MIT
// baton remove SITE
#include "cli/command.hpp"
#include "cli/json.hpp"
#include "cli/terminal.hpp"
#include "deploy/registration.hpp"

namespace baton::cli {

void add_remove(CommandLine& line) {
    auto* command = line.add_command("remove", "Stop a site and unregister it; its own directory is not touched",
                                     "Which site was removed");
    const auto site = std::make_shared<std::string>();
    command->add_option("SITE", *site, "A registered site")->required();
    command->callback([=, &line] {
        line.action = [=](Environment& environment) {
            outlive_terminal();
            deploy::remove_site(environment.host(), *site);
            if (environment.json()) print_json({{"outcome", "removed"}, {"site", *site}});
            return 0;
        };
    });
}

} // namespace baton::cli
