// SPDX-License-Identifier: MIT
// baton rollback SITE [N]; what baton-rollback@SITE.service runs
#include "deploy/rollback.hpp"
#include "cli/command.hpp"

namespace baton::cli {

void add_rollback(CLI::App& app, Action& action) {
    auto* command = app.add_subcommand("rollback", "Make an older release live again, by the same sequence");
    const auto site = std::make_shared<std::string>();
    const auto release = std::make_shared<std::optional<int>>();
    const auto after_failure = std::make_shared<bool>(false);
    command->add_option("SITE", *site, "A registered site")->required();
    auto* number =
        command->add_option("N", *release, "The release to go back to; without it, the one before the live one");
    command
        ->add_flag("--after-failure", *after_failure,
                   "Only if the live release has failed: on probation go back, else start it again")
        ->excludes(number)
        ->group(""); // unit files call it; kept out of --help
    command->callback([=, &action] {
        action = [=](Environment& environment) {
            auto context = environment.site(*site);
            if (*after_failure)
                deploy::after_failure(context);
            else
                (void)deploy::roll_back(context, deploy::OnBusy::refuse, *release);
            return 0;
        };
    });
}

} // namespace baton::cli
