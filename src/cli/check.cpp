// SPDX-License-Identifier: MIT
// baton check DIR|FILE
#include "base/text.hpp"
#include "cli/command.hpp"
#include "deploy/registration.hpp"

#include <fmt/format.h>

namespace baton::cli {
namespace {

int check(const std::string& path) {
    const auto [record, parsed] = deploy::check_site(path);
    for (const auto& warning : parsed.warnings)
        fmt::print(stderr, "baton: warning: {}\n", warning);
    const auto& conf = parsed.conf;
    fmt::print("{} is valid\n", quote((record.directory / record.conf_name).native()));
    const auto row = [](std::string_view name, const std::string& value) { fmt::print("  {:<16} {}\n", name, value); };
    row("HttpPort", conf.address.text());
    row("Ver", conf.ver);
    row("DelaySecond", fmt::format("{:g}", conf.delay.count()));
    row("BinName", conf.bin_name);
    std::string args;
    for (const auto& arg : conf.args)
        args += (args.empty() ? "" : " ") + quote(arg);
    row("Args", args.empty() ? "none" : args);
    row("Sha256", conf.sha256.value_or("not checked"));
    row("HealthPath", conf.health_path.value_or("none: READY=1 is the gate"));
    row("ProbationSecond", fmt::format("{:g}", conf.probation.count()));
    row("KeepReleases", fmt::format("{}", conf.keep_releases));
    return 0;
}

} // namespace

void add_check(CLI::App& app, Action& action) {
    auto* command = app.add_subcommand("check", "Validate a watch.conf, and show every value in effect");
    const auto path = std::make_shared<std::string>();
    command->add_option("DIR|FILE", *path, "A site's directory, or the file in it")->required();
    command->callback([=, &action] { action = [=](Environment&) { return check(*path); }; });
}

} // namespace baton::cli
