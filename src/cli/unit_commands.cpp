// SPDX-License-Identifier: MIT
// baton activate, deactivate, release-ended, recover: what unit files and baton itself call. People use systemctl start
// and stop.
#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "deploy/activation.hpp"
#include "deploy/recover.hpp"
#include "deploy/rollback.hpp"
#include "deploy/site_lock.hpp"

#include <fmt/format.h>

#include <charconv>

namespace baton::cli {
namespace {

/// A command that stays out of --help. `what` is the argument's meaning.
std::shared_ptr<std::string> add_hidden(CommandLine& line, const char* name, const char* description,
                                        const char* what) {
    auto* command = line.app.add_subcommand(name, description);
    command->group("");
    const auto argument = std::make_shared<std::string>();
    command->add_option("SITE", *argument, what)->required();
    return argument;
}

struct Instance {
    std::string site;
    std::string rest; ///< behind "@"; empty if there is none
};

Instance split_instance(const std::string& text) {
    const auto at = text.find('@');
    return at == text.npos ? Instance{text, ""} : Instance{text.substr(0, at), text.substr(at + 1)};
}

int release_number(const std::string& text) {
    int number = 0;
    const auto* const end = text.data() + text.size();
    if (std::from_chars(text.data(), end, number).ptr != end || number < 1)
        throw Error{fmt::format("reading the release's number: found {}", quote(text)), ErrorKind::usage};
    return number;
}

} // namespace

void add_activate(CommandLine& line) {
    const auto instance =
        add_hidden(line, "activate", "Start the live release if none serves", "SITE, or SITE@ADDRESS of its listener");
    auto* command = line.app.get_subcommand("activate");
    const auto on_connection = std::make_shared<bool>(false);
    command->add_flag("--on-connection", *on_connection, "A client is waiting");
    command->callback([=, &line] {
        line.action = [=](Environment& environment) {
            auto context = environment.site(split_instance(*instance).site);
            deploy::activate(context, *on_connection ? deploy::ActivatedBy::connection : deploy::ActivatedBy::handle);
            return 0;
        };
    });
}

void add_deactivate(CommandLine& line) {
    const auto site = add_hidden(line, "deactivate", "Stop all releases and wait", "A registered site");
    line.app.get_subcommand("deactivate")->callback([=, &line] {
        line.action = [=](Environment& environment) {
            auto context = environment.site(*site);
            deploy::deactivate(context);
            return 0;
        };
    });
}

void add_recover(CommandLine& line) {
    const auto site = add_hidden(line, "recover", "Clear up after a deploy that was killed", "A registered site");
    line.app.get_subcommand("recover")->callback([=, &line] {
        line.action = [=](Environment& environment) {
            auto context = environment.site(*site);
            const auto lock = deploy::lock_site(context, deploy::OnBusy::wait);
            deploy::recover(context);
            return 0;
        };
    });
}

void add_release_ended(CommandLine& line) {
    const auto instance = add_hidden(line, "release-ended", "See to it that the live release serves", "SITE@N");
    line.app.get_subcommand("release-ended")->callback([=, &line] {
        line.action = [=](Environment& environment) {
            const auto [site, release] = split_instance(*instance);
            const int number = release_number(release);
            const site::Store store{environment.paths().state, site};
            if (!store.record()) return 0;
            try {
                auto context = environment.site(site);
                deploy::release_ended(context, number);
            } catch (const Error&) {
                if (store.record()) throw; // else it was unregistered meanwhile
            }
            return 0;
        };
    });
}

} // namespace baton::cli
