// SPDX-License-Identifier: MIT
// baton add SITE DIR [--listen ADDRESS]... [--on-demand] [--idle-exit SECONDS]
#include "cli/command.hpp"
#include "cli/json.hpp"
#include "cli/terminal.hpp"
#include "deploy/registration.hpp"
#include "doctor/checks/host.hpp"
#include "site/listen/listen_policy.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <optional>

namespace baton::cli {

namespace {

constexpr std::uint32_t k_usual_idle_exit_s = 300;
constexpr std::uint32_t k_longest_idle_exit_s = 365U * 24 * 60 * 60;

std::vector<site::Address> parsed(const std::vector<std::string>& texts) try {
    std::vector<site::Address> addresses;
    for (const auto& text : texts) {
        addresses.push_back(site::parse_address(text));
        site::require_safe_path(addresses.back());
    }
    return addresses;
} catch (const Error& error) {
    throw Error{fmt::format("reading --listen: {}", error.what()), error_kind::usage, error.hint()};
}

std::optional<std::chrono::seconds> seconds_of(const std::optional<std::uint32_t>& number) {
    return number ? std::optional{std::chrono::seconds{*number}} : std::nullopt;
}

Json changed_json(const std::string& site, const std::vector<std::string>& listen,
                  const std::optional<std::uint32_t>& idle_exit) {
    Json json{{"outcome", listen.empty() ? "changed" : "allowed"}, {"site", site}};
    if (!listen.empty()) json["listen"] = listen;
    if (idle_exit) json["idle_exit_seconds"] = *idle_exit;
    return json;
}

void warn_without_linger(const deploy::Host& host, const std::string& site) {
    const auto user = doctor::user_without_linger(host.paths.owner);
    if (!user.empty())
        host.observer.said(
            sd::Priority::warning,
            fmt::format("{} ends when {} logs out, and does not start at boot: loginctl enable-linger {} "
                        "lets it run",
                        site, user, user));
}

} // namespace

void add_add(CommandLine& line) {
    auto* command = line.add_command("add", "Register a directory as a site and make its first release live",
                                     "The live release, instead of the steps");
    const auto site = std::make_shared<std::string>();
    const auto directory = std::make_shared<std::string>();
    const auto listen = std::make_shared<std::vector<std::string>>();
    const auto on_demand = std::make_shared<bool>(false);
    const auto idle_exit = std::make_shared<std::optional<std::uint32_t>>();
    command->add_option("SITE", *site, "The name of the site; its units are SITE.service, SITE.socket, ...")
        ->required();
    command->add_option("DIR", *directory, "The directory with watch.conf (or one NAME.watch.conf) and the program");
    command
        ->add_option(
            "--listen", *listen,
            "Allow this address too: a port below 1024, or a unix socket outside /run/SITE/; repeatable. For a "
            "registered site it replaces the list")
        ->type_name("ADDRESS")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    command->add_flag(
        "--on-demand", *on_demand,
        "Start a release at the first connection; it leaves when nobody connects. For a registered site too");
    command
        ->add_option("--idle-exit", *idle_exit,
                     "With --on-demand, which it implies: after this many seconds without a connection (default: 300). "
                     "0: the site is always up again")
        ->type_name("SECONDS")
        ->check(CLI::Range(0U, k_longest_idle_exit_s).description(""));
    command->callback([=, &line] {
        if (*on_demand && !*idle_exit) *idle_exit = k_usual_idle_exit_s;
        line.action = [=](Environment& environment) {
            outlive_terminal();
            const auto host = environment.host();
            const deploy::SiteSettings settings{parsed(*listen), seconds_of(*idle_exit)};
            if (!listen->empty() && host.paths.scope == sd::Scope::user)
                throw Error{"reading --listen: a site of your own service manager listens wherever you may, and "
                            "--listen allows "
                            "no more",
                            error_kind::usage, "name the address in watch.conf"};
            const bool known = site::Store{environment.paths().state, *site}.record().has_value();
            if ((!listen->empty() || *idle_exit) && (known || directory->empty())) {
                deploy::change_site(host, *site, settings);
                if (environment.json()) print_json(changed_json(*site, *listen, *idle_exit));
                return 0;
            }
            if (directory->empty()) throw Error{"adding a site: DIR is missing", error_kind::usage, "baton add --help"};
            const auto deployed = deploy::add_site(host, *site, *directory, settings);
            if (host.paths.scope == sd::Scope::user) warn_without_linger(host, *site);
            if (environment.json()) print_deployed(environment.site(*site), deployed);
            return 0;
        };
    });
}

} // namespace baton::cli
