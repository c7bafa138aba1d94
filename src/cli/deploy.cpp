// SPDX-License-Identifier: MIT
// baton deploy SITE; what ExecReload= of SITE.service runs
#include "deploy/deploy.hpp"
#include "cli/command.hpp"

namespace baton::cli {

void add_deploy(CLI::App& app, Action& action) {
    auto* command = app.add_subcommand("deploy", "Make what is in a site's directory live");
    const auto site = std::make_shared<std::string>();
    const auto wait = std::make_shared<bool>(false);
    const auto force = std::make_shared<bool>(false);
    command->add_option("SITE", *site, "A registered site")->required();
    command->add_flag("--wait", *wait, "Wait for a deploy that is running, instead of exit status 75");
    command->add_flag("--force", *force, "Make a new release even if nothing has changed");
    command->callback([=, &action] {
        action = [=](Environment& environment) {
            auto context = environment.site(*site);
            (void)deploy::deploy(context, *wait ? deploy::OnBusy::wait : deploy::OnBusy::refuse,
                                 *force ? deploy::Repeat::deploys : deploy::Repeat::is_an_answer);
            return 0;
        };
    });
}

} // namespace baton::cli
