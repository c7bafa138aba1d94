// SPDX-License-Identifier: MIT
// baton rollback SITE [N]
#include "cli/command.hpp"
#include "cli/json.hpp"
#include "cli/terminal.hpp"
#include "deploy/requests.hpp"

namespace baton::cli {

void add_rollback(CommandLine& line) {
    auto* command = line.add_command("rollback", "Make an older release live again, with the same sequence",
                                     "The live release or the error, instead of the steps");
    const auto site = std::make_shared<std::string>();
    const auto release = std::make_shared<std::optional<int>>();
    command->add_option("SITE", *site, "A registered site")->required();
    command->add_option("N", *release, "The release to go back to; default: the one before the live one");
    command->callback([=, &line] {
        line.action = [=](Environment& environment) {
            outlive_terminal();
            auto context = environment.site(*site);
            const auto to = deploy::way_back(context, *release);
            const auto deployed = deploy::roll_back(context, to);
            if (environment.json()) print_deployed(context, deployed);
            return 0;
        };
    });
}

} // namespace baton::cli
