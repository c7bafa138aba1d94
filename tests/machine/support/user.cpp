// SPDX-License-Identifier: MIT
#include "support/user.hpp"

#include "support/files.hpp"
#include "support/http.hpp"
#include "support/programs.hpp"
#include "support/site.hpp"
#include "support/wait.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <pwd.h>

#include <fstream>

namespace machine {
namespace fs = std::filesystem;
namespace {

/// logind(8) keeps a user for ten seconds, and then ends the manager of the next one with the same number.
void forget_users_at_once() {
    const fs::path conf{"/run/systemd/logind.conf.d/at-once.conf"};
    if (fs::exists(conf)) return;
    fs::create_directories(conf.parent_path());
    std::ofstream{conf} << "[Login]\nUserStopDelaySec=0\n";
    REQUIRE(run({"systemctl", "restart", "systemd-logind"}).status == 0);
}

} // namespace

User::User(const std::string& name, Linger linger) : name_{name} {
    const auto made = run({"useradd", "--create-home", "--shell", "/bin/sh", name});
    REQUIRE_MESSAGE(made.status == 0, made.text());
    forget_users_at_once();
    const auto* const user = ::getpwnam(name.c_str());
    REQUIRE(user != nullptr);
    uid_ = user->pw_uid;
    const auto started =
        linger == Linger::yes ? run({"loginctl", "enable-linger", name}) : run({"systemctl", "start", manager()});
    REQUIRE_MESSAGE(started.status == 0, started.text());
    const auto is_up = [&] { // degraded: of something that is not ours
        const auto state = types("systemctl --user is-system-running").out;
        return state == "running\n" || state == "degraded\n";
    };
    wait_until(name + "'s manager is up", is_up, 90s);
}

User::~User() {
    (void)run({"loginctl", "disable-linger", name_});
    (void)run({"systemctl", "stop", manager()}, 180s);
    const auto deadline = std::chrono::steady_clock::now() + k_patience;
    while (run({"loginctl", "show-user", name_}).status == 0 && std::chrono::steady_clock::now() < deadline)
        std::this_thread::sleep_for(5ms);
    (void)run({"userdel", "--remove", name_});
}

fs::path User::runtime() const {
    return fmt::format("/run/user/{}", uid_);
}

std::string User::manager() const {
    return fmt::format("user@{}.service", uid_);
}

Finished User::types(const std::string& command, const std::string& environment) const {
    return shell(
        fmt::format("cd {0} && exec setpriv --reuid {1} --regid {1} --init-groups env --ignore-environment HOME={0} "
                    "PATH=/usr/bin:/usr/sbin XDG_RUNTIME_DIR={2} {3} sh -c '{4}'",
                    home().native(), name_, runtime().native(), environment, command),
        180s);
}

std::string User::done(const std::string& command) const {
    auto ended = types(command);
    REQUIRE_MESSAGE(ended.status == 0, command << ": " << ended.text());
    if (ended.out.ends_with('\n')) ended.out.pop_back();
    return ended.out;
}

UsersSite::UsersSite(const User& user, const std::string& name)
    : http_port{free_port()}, user_{user}, name_{name}, address_{http_port} {
    user_.done("mkdir " + name);
    upload(k_shop);
    edit("1");
}

std::string UsersSite::unit(int release) const {
    return fmt::format("{}@{}.service", name_, release);
}

void UsersSite::edit(std::string_view ver, std::string_view more) const {
    user_.done(fmt::format(R"(cat >{}/watch.conf <<"END"
{{"HttpPort": "{}", "Ver": "{}", "BinName": "test"{}}}
END
)",
                           name_, http_port, ver, more));
}

void UsersSite::upload(const fs::path& program) const {
    const auto copied = run({"install", "--owner", user_.name(), program, directory() / "test"});
    REQUIRE_MESSAGE(copied.status == 0, copied.text());
}

Finished UsersSite::add() const {
    return user_.types(fmt::format("baton --user add {0} {0}", name_));
}

std::string UsersSite::show(const std::string& unit, const std::string& property) const {
    return user_.done(fmt::format("systemctl --user show {} --property {} --value", unit, property));
}

std::string UsersSite::status(const std::string& pointer) const {
    const auto site = nlohmann::json::parse(user_.done("baton --user status --json " + name_)).at("sites").at(0);
    const nlohmann::json::json_pointer at{pointer};
    if (!site.contains(at)) return "none";
    return site[at].is_string() ? site[at].get<std::string>() : site[at].dump();
}

void UsersSite::wait_for_version(const std::string& ver) const {
    wait_until(fmt::format("'{}' of {}'s {} answers", ver, user_.name(), name_),
               [&] { return get(address_).ver == ver; });
}

void UsersSite::wait_for_status(const std::string& pointer, const std::string& value) const {
    wait_until(fmt::format("{} of {} is {}", pointer, name_, value), [&] { return status(pointer) == value; });
}

} // namespace machine
