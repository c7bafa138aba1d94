// SPDX-License-Identifier: MIT
#include "support/site.hpp"

#include "support/files.hpp"
#include "support/programs.hpp"
#include "support/wait.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <thread>

namespace machine {
namespace fs = std::filesystem;
namespace {

nlohmann::json status_of(const std::string& site) {
    const auto told = run({"baton", "status", "--json", site});
    REQUIRE_MESSAGE(told.status == 0, told.text());
    return nlohmann::json::parse(told.out).at("sites").at(0);
}

} // namespace

std::string free_port() {
    static int port = 8100; // far from ip_local_port_range; nobody else is in the machine's network
    return std::to_string(++port);
}

Site::Site(const std::string& name) : Site{name, free_port(), Made::now} {}

Site::Site(const std::string& name, const std::string& port, Made made)
    : http_port{port}, name_{name}, address_{port}, directory_{fs::path{"/srv"} / name} {
    if (made == Made::now) REQUIRE(fs::create_directory(directory_));
}

Site::~Site() {
    if (forgotten_) return;
    if (fs::exists(state())) {
        const auto removed = run({"baton", "remove", name_});
        CHECK_MESSAGE(removed.status == 0, removed.text());
    }
    std::error_code ignored;
    if (fs::remove_all(fmt::format("/etc/systemd/system/{}@.service.d", name_), ignored) > 0)
        (void)run({"systemctl", "daemon-reload"});
    fs::remove_all(directory_, ignored);
}

std::string Site::unit(int release) const {
    return fmt::format("{}@{}.service", name_, release);
}

std::string Site::conf(std::string_view ver, std::string_view more) const {
    return fmt::format(R"({{"HttpPort": "{}", "Ver": "{}", "DelaySecond": 0, "BinName": "test"{}}})"
                       "\n",
                       http_port, ver, more);
}

void Site::edit(std::string_view ver, std::string_view more) const {
    write_conf(conf(ver, more));
}

void Site::write_conf(std::string_view text) const {
    write_file(conf_path(), text);
}

void Site::upload(const fs::path& program, const std::string& as) const {
    const auto copied = run({"cp", program, directory_ / as});
    REQUIRE_MESSAGE(copied.status == 0, copied.text());
}

void Site::set_unit(const std::string& settings) const {
    const fs::path drop_ins = fmt::format("/etc/systemd/system/{}@.service.d", name_);
    fs::create_directories(drop_ins);
    write_file(drop_ins / "50-test.conf", settings);
    REQUIRE(run({"systemctl", "daemon-reload"}).status == 0);
}

Finished Site::add() const {
    return run({"baton", "add", name_, directory_});
}

void Site::unwatch() const {
    REQUIRE(run({"systemctl", "stop", name_ + ".path"}).status == 0);
}

Finished Site::deploy() const {
    return run({"baton", "deploy", "--wait", name_}, 120s);
}

Finished Site::reload() const {
    return run({"systemctl", "reload", name_}, 120s);
}

std::string Site::show(const std::string& unit, const std::string& property) const {
    auto value = run({"systemctl", "show", unit, "--property", property, "--value"}).out;
    if (value.ends_with('\n')) value.pop_back();
    return value;
}

std::string Site::status(const std::string& pointer) const {
    const auto site = status_of(name_);
    const nlohmann::json::json_pointer at{pointer};
    if (!site.contains(at)) return "none";
    return site[at].is_string() ? site[at].get<std::string>() : site[at].dump();
}

std::vector<ReleaseRow> Site::releases() const {
    std::vector<ReleaseRow> rows;
    const auto site = status_of(name_);
    for (const auto& release : site.at("releases"))
        rows.push_back({release.at("release"), release.at("ver"), release.at("state"), !release.at("pid").is_null()});
    return rows;
}

int Site::live() const {
    const auto number = status("/live");
    return number == "null" ? 0 : std::stoi(number);
}

void Site::wait_for_version(const std::string& ver) const {
    wait_until(fmt::format("'{}' of {} answers", ver, name_), [&] { return get(address_).ver == ver; });
}

void check_nothing_left_of(const Site& site) {
    CHECK_FALSE(fs::exists(site.state()));
    CHECK_FALSE(fs::exists("/var/lib/baton/.removed-" + site.name()));
    CHECK_FALSE(fs::exists("/run/baton/" + site.name()));
    CHECK(shell("ls -d /etc/systemd/system/*" + site.name() + "* /usr/local/lib/systemd/system/*" + site.name() + "*")
              .out == "");
    // The helpers that systemd starts when a release ends find nothing, and leave.
    wait_until("no unit of it is loaded", [&] {
        return shell("systemctl list-units --all --plain --no-legend '*" + site.name() + "*' | grep -v slice")
            .out.empty();
    });
    CHECK(get(site.address()).status == 0);
}

void let_upload_end() {
    std::this_thread::sleep_for(3s);
}

NoLooks::NoLooks() {
    REQUIRE(run({"systemctl", "stop", "baton-look.path", "baton-look.timer", "baton-look.service"}).status == 0);
}

NoLooks::~NoLooks() {
    (void)run({"systemctl", "start", "baton-look.path", "baton-look.timer"});
}

ServingSite::ServingSite(const std::string& name, std::string_view more) : Site{name} {
    upload(k_shop);
    edit("1", more);
    const auto added = add();
    REQUIRE_MESSAGE(added.status == 0, added.text());
}

} // namespace machine
