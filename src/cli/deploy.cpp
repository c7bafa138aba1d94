// SPDX-License-Identifier: MIT
// baton deploy SITE; what ExecReload= of SITE.service runs
#include "deploy/deploy.hpp"
#include "cli/command.hpp"
#include "cli/json.hpp"

namespace baton::cli {

void add_deploy(CommandLine& line) {
    auto* command = line.add_command("deploy", "Make what is in a site's directory live",
                                     "The release that is live, or the error, in place of the steps");
    const auto site = std::make_shared<std::string>();
    const auto wait = std::make_shared<bool>(false);
    const auto force = std::make_shared<bool>(false);
    command->add_option("SITE", *site, "A registered site")->required();
    command->add_flag("--wait", *wait, "Wait for a deploy that is running, instead of exit status 75");
    command->add_flag("--force", *force, "Make a new release even of content that is live, or was refused");
    command->callback([=, &line] {
        line.action = [=](Environment& environment) {
            auto context = environment.site(*site);
            const auto deployed = deploy::deploy(context, *wait ? deploy::OnBusy::wait : deploy::OnBusy::refuse,
                                                 *force ? deploy::Repeat::deploys : deploy::Repeat::is_an_answer);
            if (environment.json()) print_deployed(context, deployed);
            return 0;
        };
    });
}

} // namespace baton::cli
