// SPDX-License-Identifier: MIT
// baton check DIR|FILE
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/json.hpp"
#include "deploy/registration.hpp"

#include <fmt/format.h>

namespace baton::cli {
namespace {

/// The keys of watch.conf with their values in effect; null: not set.
Json to_json(const site::WatchConf& conf) {
    return {{"HttpPort", conf.address.text()},
            {"Ver", conf.ver},
            {"DelaySecond", conf.delay.count()},
            {"BinName", conf.bin_name},
            {"Args", conf.args},
            {"Sha256", or_null(conf.sha256)},
            {"HealthPath", or_null(conf.health_path)},
            {"ProbationSecond", conf.probation.count()},
            {"KeepReleases", conf.keep_releases}};
}

void print(const site::WatchConf& conf) {
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
}

int check(const Environment& environment, const std::string& path) {
    const auto [record, parsed] = deploy::check_site(path);
    for (const auto& warning : parsed.warnings)
        fmt::print(stderr, "baton: warning: {}\n", warning);
    const auto file = (record.directory / record.conf_name).native();
    if (environment.json()) {
        print_json({{"outcome", "valid"},
                    {"watch_conf", file},
                    {"values", to_json(parsed.conf)},
                    {"warnings", parsed.warnings}});
        return 0;
    }
    fmt::print("{} is valid\n", quote(file));
    print(parsed.conf);
    return 0;
}

} // namespace

void add_check(CommandLine& line) {
    auto* command =
        line.add_command("check", "Validate a watch.conf, and show every value in effect", "The values, or the error");
    const auto path = std::make_shared<std::string>();
    command->add_option("DIR|FILE", *path, "A site's directory, or the file in it")->required();
    command->callback(
        [=, &line] { line.action = [=](Environment& environment) { return check(environment, *path); }; });
}

} // namespace baton::cli
