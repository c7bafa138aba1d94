// SPDX-License-Identifier: MIT
// baton deploy SITE; ExecReload= of SITE.service runs it
#include "cli/command.hpp"
#include "cli/json.hpp"
#include "cli/probation.hpp"
#include "cli/terminal.hpp"
#include "deploy/requests.hpp"

namespace baton::cli {
namespace {

struct Asked {
    std::string site;
    bool no_wait = false;
    bool force = false;
    bool until_proven = false;
    bool reload = false; ///< for ExecReload=
    bool wait = false;   ///< the default; unit files of baton 0.1 contain it
};

int run(Environment& environment, const Asked& asked) {
    outlive_terminal();
    if (asked.reload) environment.take_turns();
    auto context = environment.site(asked.site);
    if (asked.no_wait) deploy::require_idle(context);
    const auto deployed = make_live(environment, asked.site, "deploy", [&] {
        return deploy::deploy(context, asked.force ? deploy::Unchanged::deploy : deploy::Unchanged::skip,
                              asked.reload ? deploy::Trigger::reload : deploy::Trigger::wish);
    });
    const bool is_in_conf = context.store.manifest(deployed.release).conf.until_proven;
    if (asked.reload && is_in_conf)
        deploy::wait_until_proven(context, deployed.release, deploy::NewerWish::ends_it);
    else
        tell_verdict(environment, context, deployed.release,
                     asked.until_proven ? Verdict::awaited : Verdict::not_awaited);
    if (environment.json()) print_deployed(context, deployed);
    return 0;
}

} // namespace

void add_deploy(CommandLine& line) {
    auto* command = line.add_command("deploy", "Make the content of a site's directory live",
                                     "The live release or the error, instead of the steps");
    const auto asked = std::make_shared<Asked>();
    command->add_option("SITE", asked->site, "A registered site")->required();
    command->add_flag("--no-wait", asked->no_wait, "Exit with status 75 if another deploy of the site is running");
    command->add_flag("--reload", asked->reload)->group("");
    command->add_flag("--wait", asked->wait)->group("");
    command->add_flag("--force", asked->force, "Make a new release even if the content is live or was refused");
    command->add_flag("--until-proven", asked->until_proven, k_until_proven_help);
    command->callback([=, &line] { line.action = [=](Environment& environment) { return run(environment, *asked); }; });
}

} // namespace baton::cli
