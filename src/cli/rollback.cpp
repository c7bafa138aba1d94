// SPDX-License-Identifier: MIT
// baton rollback SITE [N]
#include "deploy/rollback.hpp"
#include "cli/command.hpp"
#include "cli/json.hpp"

namespace baton::cli {

void add_rollback(CommandLine& line) {
    auto* command = line.add_command("rollback", "Make an older release live again, by the same sequence",
                                     "The release that is live, or the error, in place of the steps");
    const auto site = std::make_shared<std::string>();
    const auto release = std::make_shared<std::optional<int>>();
    command->add_option("SITE", *site, "A registered site")->required();
    command->add_option("N", *release, "The release to go back to; without it, the one before the live one");
    command->callback([=, &line] {
        line.action = [=](Environment& environment) {
            auto context = environment.site(*site);
            const auto deployed = deploy::roll_back(context, deploy::OnBusy::refuse, *release);
            if (environment.json()) print_deployed(context, deployed);
            return 0;
        };
    });
}

} // namespace baton::cli
