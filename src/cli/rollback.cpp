// SPDX-License-Identifier: MIT
// baton rollback SITE [N]
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/json.hpp"
#include "cli/probation.hpp"
#include "cli/terminal.hpp"
#include "deploy/requests.hpp"
#include "deploy/tell/typed.hpp"

#include <fmt/format.h>

namespace baton::cli {
namespace {

void print_skipped(const deploy::SiteContext& context, const deploy::RollBackTo& way) {
    for (const auto& [release, why] : way.skipped)
        fmt::print("not to release {}: {}; {} {} {} goes back to it\n", release, printable(why),
                   deploy::typed_for(context.paths.scope, "baton rollback"), context.name(), release);
}

int run(Environment& environment, const std::string& site, std::optional<int> release, Verdict verdict) {
    outlive_terminal();
    auto context = environment.site(site);
    const auto way = deploy::way_back(context, release);
    if (!environment.json()) print_skipped(context, way);
    const auto deployed =
        make_live(environment, site, "roll back", [&] { return deploy::roll_back(context, way.release); });
    tell_verdict(environment, context, deployed.release, verdict);
    if (environment.json()) print_deployed(context, deployed);
    return 0;
}

} // namespace

void add_rollback(CommandLine& line) {
    auto* command = line.add_command("rollback", "Make an older release live again, with the same sequence",
                                     "The live release or the error, instead of the steps");
    const auto site = std::make_shared<std::string>();
    const auto release = std::make_shared<std::optional<int>>();
    const auto until_proven = std::make_shared<bool>(false);
    command->add_option("SITE", *site, "A registered site")->required();
    command->add_option("N", *release, "The release to go back to; default: the one before the live one");
    command->add_flag("--until-proven", *until_proven, k_until_proven_help);
    command->callback([=, &line] {
        line.action = [=](Environment& environment) {
            return run(environment, *site, *release, *until_proven ? Verdict::awaited : Verdict::not_awaited);
        };
    });
}

} // namespace baton::cli
