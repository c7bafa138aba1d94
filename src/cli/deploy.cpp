// SPDX-License-Identifier: MIT
// baton deploy SITE; ExecReload= of SITE.service runs it
#include "cli/command.hpp"
#include "cli/json.hpp"
#include "cli/terminal.hpp"
#include "deploy/requests.hpp"

namespace baton::cli {

void add_deploy(CommandLine& line) {
    auto* command = line.add_command("deploy", "Make the content of a site's directory live",
                                     "The live release or the error, instead of the steps");
    const auto site = std::make_shared<std::string>();
    const auto wait = std::make_shared<bool>(false);
    const auto no_wait = std::make_shared<bool>(false);
    const auto force = std::make_shared<bool>(false);
    command->add_option("SITE", *site, "A registered site")->required();
    command->add_flag("--no-wait", *no_wait, "Exit with status 75 if another deploy of the site is running");
    const auto reload = std::make_shared<bool>(false);
    command->add_flag("--reload", *reload)->group(""); // for ExecReload=
    command->add_flag("--wait", *wait)->group("");     // the default; unit files of baton 0.1 contain it
    command->add_flag("--force", *force, "Make a new release even if the content is live or was refused");
    command->callback([=, &line] {
        line.action = [=](Environment& environment) {
            outlive_terminal();
            auto context = environment.site(*site);
            if (*no_wait) deploy::require_idle(context);
            const auto deployed = deploy::deploy(context, *force ? deploy::Unchanged::deploy : deploy::Unchanged::skip,
                                                 *reload ? deploy::Trigger::reload : deploy::Trigger::wish);
            if (environment.json()) print_deployed(context, deployed);
            return 0;
        };
    });
}

} // namespace baton::cli
