// SPDX-License-Identifier: MIT
// baton add SITE DIR [--listen ADDRESS]...
#include "cli/command.hpp"
#include "cli/json.hpp"
#include "cli/terminal.hpp"
#include "deploy/registration.hpp"
#include "doctor/checks/host.hpp"
#include "site/listen/listen_policy.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace baton::cli {

namespace {

std::vector<site::Address> parsed(const std::vector<std::string>& texts) try {
    std::vector<site::Address> addresses;
    for (const auto& text : texts) {
        addresses.push_back(site::parse_address(text));
        site::require_safe_path(addresses.back());
    }
    return addresses;
} catch (const Error& error) {
    throw Error{fmt::format("reading --listen: {}", error.what()), ErrorKind::usage, error.hint()};
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
    command->callback([=, &line] {
        line.action = [=](Environment& environment) {
            outlive_terminal();
            const auto host = environment.host();
            if (!listen->empty() && host.paths.scope == sd::Scope::user)
                throw Error{"reading --listen: a site of your own service manager listens wherever you may, and "
                            "--listen allows "
                            "no more",
                            ErrorKind::usage, "name the address in watch.conf"};
            const auto addresses = parsed(*listen);
            const bool known = site::Store{environment.paths().state, *site}.record().has_value();
            if (!addresses.empty() && (known || directory->empty())) {
                deploy::set_listen(host, *site, addresses);
                if (environment.json()) print_json({{"outcome", "allowed"}, {"site", *site}, {"listen", *listen}});
                return 0;
            }
            if (directory->empty()) throw Error{"adding a site: DIR is missing", ErrorKind::usage, "baton add --help"};
            const auto deployed = deploy::add_site(host, *site, *directory, addresses);
            if (host.paths.scope == sd::Scope::user) warn_without_linger(host, *site);
            if (environment.json()) print_deployed(environment.site(*site), deployed);
            return 0;
        };
    });
}

} // namespace baton::cli
