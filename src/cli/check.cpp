// SPDX-License-Identifier: MIT
// baton check DIR|FILE [--dir DIR]
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/json.hpp"
#include "deploy/checking.hpp"
#include "deploy/tell/typed.hpp"
#include "site/conf/conf_keys.hpp"

#include <fmt/format.h>

#include <array>

namespace baton::cli {
namespace fs = std::filesystem;
namespace {

void print(const site::WatchConf& conf) {
    for (const auto& key : site::conf_keys())
        fmt::print("  {:<16} {}\n", key.name, site::value_text(key, conf));
}

std::string text_of(const deploy::Forecast& forecast, const site::WatchConf& conf) {
    switch (forecast.what) {
    case deploy::Forecast::What::nothing:
        return fmt::format("change nothing: the live release {} has this content", forecast.release);
    case deploy::Forecast::What::refusal:
        return fmt::format("be refused: release {} had the same content and was {}; baton deploy --force {} tries it "
                           "again",
                           forecast.release, printable(forecast.why), forecast.site);
    case deploy::Forecast::What::release:
        break;
    }
    const auto move = forecast.moves_from.empty()
                          ? ""
                          : fmt::format(", and move the site from {} to {}", addresses_text(forecast.moves_from),
                                        addresses_text(conf.all_addresses()));
    return fmt::format("make release {} of it{}", forecast.release, move);
}

nlohmann::ordered_json json_of(const deploy::Forecast& forecast) {
    constexpr std::array k_texts{"release", "nothing", "refusal"};
    return {{"site", forecast.site},
            {"outcome", k_texts[static_cast<std::size_t>(forecast.what)]},
            {"release", forecast.release},
            {"why", forecast.why.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(forecast.why)},
            {"moves_from", forecast.moves_from.empty() ? nlohmann::ordered_json(nullptr)
                                                       : nlohmann::ordered_json(addresses_text(forecast.moves_from))}};
}

int check(const Environment& environment, const fs::path& path, const std::optional<fs::path>& directory) {
    const auto [record, parsed, forecast] = deploy::check_site(environment.paths(), path, directory);
    for (const auto& warning : parsed.warnings)
        fmt::print(stderr, "baton: warning: {}\n", deploy::typed_for(environment.paths().scope, warning));
    const auto file = directory ? path.native() : (record.directory / record.conf_name).native();
    if (environment.json()) {
        print_json({{"outcome", "valid"},
                    {"watch_conf", file},
                    {"values", site::values_of(parsed.conf)},
                    {"warnings", parsed.warnings},
                    {"deploy", forecast ? json_of(*forecast) : nlohmann::ordered_json(nullptr)}});
        return 0;
    }
    fmt::print("{} is valid{}\n", quote(file),
               directory ? fmt::format(" for {}", quote(record.directory.native())) : "");
    print(parsed.conf);
    if (forecast)
        fmt::print("a deploy of {} would {}\n", quote(forecast->site),
                   deploy::typed_for(environment.paths().scope, text_of(*forecast, parsed.conf)));
    return 0;
}

} // namespace

void add_check(CommandLine& line) {
    auto* command =
        line.add_command("check", "Validate a watch.conf, show every value in effect, and what a deploy would do",
                         "The values and the deploy, or the error");
    const auto path = std::make_shared<std::string>();
    const auto directory = std::make_shared<std::string>();
    command->add_option("DIR|FILE", *path, "A site's directory, or the file in it")->required();
    command->add_option("--dir", *directory, "Check FILE as the future watch.conf of this directory")->type_name("DIR");
    command->callback([=, &line] {
        line.action = [=](Environment& environment) {
            return check(environment, *path, directory->empty() ? std::nullopt : std::optional<fs::path>{*directory});
        };
    });
}

} // namespace baton::cli
