// SPDX-License-Identifier: MIT
// The unit files of a site: what baton writes, that it writes only differences, and that other people's files stay.
#include "deploy/units/site_units.hpp"

#include "deploy/units/unit_names.hpp"
#include "deploy/units/unit_settings.hpp"
#include "error_of.hpp"
#include "process.hpp"
#include "scratch.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <set>

namespace baton::deploy {
namespace {

namespace fs = std::filesystem;
using site::parse_address;
using test::contains;
using test::content_of;
using test::error_of;
using test::look_at;
using test::Scratch;

constexpr std::string_view k_written_by = "# Written by baton; change nothing here, use `systemctl edit`.\n";

struct Fixture {
    Scratch scratch;
    Paths paths{scratch / "state", scratch / "units", scratch / "templates", scratch / "run"};
    UnitParameters parameters{
        "shop", {"/srv", "watch.conf", parse_address("8080")}, {{.release = 7, .addresses = {parse_address("8080")}}}};

    Fixture() {
        for (const auto* const name : {"site.service", "site.socket", "site@.socket", "site.path", "site@.service"})
            scratch.write(fs::path{"templates"} / name, std::string{"the text of "} + name + "\n");
        scratch.write("templates/site@.last.conf", "the last word\n");
    }
    [[nodiscard]] std::string drop_in(const std::string& unit) const {
        return content_of(paths.units / (unit + ".d/10-baton.conf"));
    }
    [[nodiscard]] std::string address_of(const std::string& listener) const {
        return content_of(paths.units / (listener + ".d/zz-baton.conf"));
    }
    [[nodiscard]] std::string of_release(int release) const {
        return unit_files(paths, parameters).at(fmt::format("{}@{}.service.d/10-baton.conf", parameters.site, release));
    }
};

std::set<std::string> files_in(const fs::path& directory) {
    std::set<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator{directory})
        if (!entry.is_directory()) names.insert(entry.path().lexically_relative(directory));
    return names;
}

TEST_CASE("every site gets the same text under its own name, and drop-ins with what differs") {
    const Fixture fixture;
    CHECK(write_units(fixture.paths, fixture.parameters) == Written::others);
    CHECK(files_in(fixture.paths.units) ==
          std::set<std::string>{"shop.path", "shop.path.d/10-baton.conf", "shop.service",
                                "shop.service.d/10-baton.conf", "shop.socket", "shop.socket.d/10-baton.conf",
                                "shop.socket.d/zz-baton.conf", "shop@.service", "shop@.service.d/10-baton.conf",
                                "shop@.service.d/zz-baton.conf", "shop@.socket", "shop@.socket.d/zz-baton.conf"});
    CHECK(content_of(fixture.paths.units / "shop@.service") == "the text of site@.service\n");
    CHECK(content_of(fixture.paths.units / "shop.path") == "the text of site.path\n");
    CHECK(fixture.drop_in("shop.socket") == std::string{k_written_by} + "[Socket]\nNoDelay=yes\n");
    const auto last = [](const std::string& address) { // whatever others say
        return std::string{k_written_by} +
               "[Socket]\nSlice=system-baton-shop.slice\nAccept=no\nListenStream=\nListenStream=" + address + "\n";
    };
    CHECK(content_of(fixture.paths.units / "shop.socket.d/zz-baton.conf") == last("8080"));
    CHECK(content_of(fixture.paths.units / "shop@.socket.d/zz-baton.conf") == last("%I"));
    CHECK(fixture.drop_in("shop.path") == std::string{k_written_by} + "[Path]\nPathChanged=/srv/watch.conf\n");
    CHECK(fixture.drop_in("shop@.service") == std::string{k_written_by} +
                                                  "[Unit]\nWants=" + activation_unit("shop.socket") +
                                                  "\n\n[Service]\nSlice=system-baton-shop.slice\nUser=baton-"
                                                  "shop\nSockets=shop.socket\nWorkingDirectory=/srv\n"
                                                  "Environment=\"BATON_DIRECTORY=/srv\"\nBindReadOnlyPaths=\"" +
                                                  fixture.paths.state.native() + "/%p/releases/%i/tree\":\"/srv\"\n");
}

TEST_CASE(
    "the name of a listener whose address has characters that names do not have is whole where systemd reads it") {
    Fixture fixture;
    fixture.parameters.site = "my-shop";
    fixture.parameters.releases.front().addresses = {parse_address("/run/my-shop/a-b")};
    const auto text = fixture.of_release(7);
    CHECK(contains(text, "\nSockets=my-shop@-run-my\\\\x2dshop-a\\\\x2db.socket\n"));
    CHECK(contains(text, "\nSlice=system-baton-my\\x2dshop.slice\n")); // not below the slice of a site "my"
    CHECK(contains(text, "baton-activate@my-shop@-run-my\\x2dshop-a\\x2db.service"));
}

TEST_CASE(
    "a directory above the site's that others may write is an empty one to a release: nobody replaces what is in it") {
    Fixture fixture;
    const auto drop_in = [&](const char* directory) {
        fixture.parameters.record.directory = directory;
        return unit_files(fixture.paths, fixture.parameters).at("shop@.service.d/10-baton.conf");
    };
    CHECK(contains(drop_in("/dev/shm/shop"), "\nTemporaryFileSystem=\"/dev/shm\":ro\nBindReadOnlyPaths="));
    CHECK(contains(drop_in("/dev/shm/ann/sites/shop"), "\nTemporaryFileSystem=\"/dev/shm\":ro\n")); // the outermost
    CHECK_FALSE(contains(drop_in("/srv"), "TemporaryFileSystem="));
    CHECK_FALSE(contains(drop_in("/tmp/shop"), "TemporaryFileSystem=")); // PrivateTmp= is one already
}

TEST_CASE("the release of a script is told to end by what tells its server first, and no other is") {
    Fixture fixture;
    fixture.scratch.write("templates/site@.script.conf", "ExecStop=x\n");
    fixture.parameters.releases.push_back({.release = 8, .addresses = {parse_address("8080")}, .is_script = true});
    const auto files = unit_files(fixture.paths, fixture.parameters);
    CHECK(fixture.of_release(8) == files.at("shop@.service.d/10-baton.conf") + "ExecStop=x\n");
}

TEST_CASE("the handle's start listens where the live release is reached, before a process of baton's runs") {
    Fixture fixture;
    const auto wanted = [&] {
        return unit_files(fixture.paths, fixture.parameters).at("shop.service.d/10-baton.conf");
    };
    const auto text = std::string{k_written_by} + "[Unit]\n";
    const std::string slice = "\n[Service]\nSlice=system-baton-shop.slice\n";
    CHECK(wanted() == text + "Wants=shop.socket\n" + slice);
    fixture.parameters.listens_at_start = false; // it has moved, or one socket carries several addresses
    CHECK(wanted() == text + slice);
}

TEST_CASE("a release with several addresses gets each one's listener, and keeps each one's activation active") {
    Fixture fixture;
    fixture.parameters.releases.front().addresses = {parse_address("[::]:8080"), parse_address("127.0.0.1:9090")};
    const auto text = fixture.of_release(7);
    CHECK(contains(text, "[Unit]\nWants=" + activation_unit("shop.socket") +
                             "\nWants=" + activation_unit("shop@127.0.0.1:9090.socket") + "\n\n[Service]\n"));
    CHECK(contains(text, "\nSockets=shop.socket\nSockets=shop@127.0.0.1:9090.socket\n"));
}

TEST_CASE("what is there already is not written again; what differs or is missing is") {
    Fixture fixture;
    (void)write_units(fixture.paths, fixture.parameters);
    const auto inode = look_at(fixture.paths.units / "shop.service").st_ino;
    CHECK(write_units(fixture.paths, fixture.parameters) == Written::nothing);
    CHECK(look_at(fixture.paths.units / "shop.service").st_ino == inode);

    for (const auto& text :
         {std::string{"edited by hand"}, std::string(300UL * 1024, 'x')}) { // longer than any of ours
        fixture.scratch.write("units/shop.path", text);
        CHECK(units_differ(fixture.paths, fixture.parameters));
        CHECK(write_units(fixture.paths, fixture.parameters) == Written::others);
        CHECK(content_of(fixture.paths.units / "shop.path") == "the text of site.path\n");
    }
    fixture.scratch.write("units/shop.path", "edited by hand");
    CHECK(write_units(fixture.paths, fixture.parameters) == Written::others);
    CHECK(content_of(fixture.paths.units / "shop.path") == "the text of site.path\n");

    fixture.parameters.releases.push_back({.release = 8, .addresses = {parse_address("9090")}, .is_known = false});
    CHECK(units_differ(fixture.paths, fixture.parameters));
    CHECK(write_units(fixture.paths, fixture.parameters) == Written::unread);
    CHECK_FALSE(units_differ(fixture.paths, fixture.parameters));
    fixture.parameters.releases.back().is_known = true;

    CHECK(units_are_there(fixture.paths, fixture.parameters));
    for (const auto& name : files_in(fixture.paths.units)) { // as `systemctl revert` does
        CAPTURE(name);
        fs::remove(fixture.paths.units / name);
        CHECK_FALSE(units_are_there(fixture.paths, fixture.parameters));
        CHECK(units_differ(fixture.paths, fixture.parameters));
        CHECK(write_units(fixture.paths, fixture.parameters) == Written::others);
    }
    CHECK(write_units(fixture.paths, fixture.parameters) == Written::nothing);

    fixture.scratch.write("templates/site.service", "the text of a newer baton\n");
    CHECK(write_units(fixture.paths, fixture.parameters) == Written::others);
    CHECK(content_of(fixture.paths.units / "shop.service") == "the text of a newer baton\n");
}

TEST_CASE("a release on another address than the site was registered for has that one's listener") {
    Fixture fixture;
    auto& parameters = fixture.parameters;
    const auto moved = parse_address("127.0.0.1:9090");
    CHECK(listener_unit("shop", parameters.record, parameters.record.address) == "shop.socket");
    CHECK(listener_unit("shop", parameters.record, moved) == "shop@127.0.0.1:9090.socket");
    parameters.releases.push_back({.release = 8, .addresses = {moved}});
    (void)write_units(fixture.paths, parameters);
    CHECK(contains(fixture.address_of("shop.socket"), "\nListenStream=8080\n"));
    for (const auto& [unit, listener] :
         {std::pair{"shop@.service", "shop.socket"}, {"shop@8.service", "shop@127.0.0.1:9090.socket"}}) {
        CAPTURE(unit);
        CHECK(contains(fixture.drop_in(unit), fmt::format("\nSockets={}\n", listener)));
        CHECK(contains(fixture.drop_in(unit), fmt::format("\nWants={}\n", activation_unit(listener))));
    }
}

TEST_CASE("a release that is tried changes no file that another one is described by") {
    Fixture fixture;
    auto& parameters = fixture.parameters;
    const auto before = unit_files(fixture.paths, parameters);
    fixture.scratch.write("templates/site@.script.conf", "ExecStop=x\n");
    parameters.releases.push_back({.release = 8, .addresses = {parse_address("9090")}, .is_script = true});
    for (const auto& [name, text] : unit_files(fixture.paths, parameters)) {
        CAPTURE(name);
        if (before.contains(name))
            CHECK(text == before.at(name));
        else
            CHECK(name == "shop@8.service.d/10-baton.conf");
    }
}

TEST_CASE("a site that has moved, of whose listener an older baton told all releases, has the live one told alone") {
    Fixture fixture;
    fixture.parameters.releases.front().addresses = {parse_address("9090")};
    (void)write_units(fixture.paths, fixture.parameters);
    fixture.scratch.write("units/shop@.service.d/10-baton.conf", fixture.drop_in("shop@7.service"));
    fs::remove_all(fixture.paths.units / "shop@7.service.d");
    CHECK_FALSE(units_are_there(fixture.paths, fixture.parameters)); // the look sees it
    CHECK(write_units(fixture.paths, fixture.parameters) == Written::others);
    CHECK(contains(fixture.drop_in("shop@.service"), "\nSockets=shop.socket\n"));
    CHECK(contains(fixture.drop_in("shop@7.service"), "\nSockets=shop@9090.socket\n"));
}

TEST_CASE("what was written for another release of its number is nothing to a release that is as most are") {
    Fixture fixture;
    (void)write_units(fixture.paths, fixture.parameters);
    auto& release = fixture.parameters.releases.front();
    for (const bool is_known : {false, true}) {
        fixture.scratch.write("units/shop@7.service.d/10-baton.conf", "[Service]\nSockets=shop@9090.socket\n");
        release.is_known = is_known;
        CHECK(units_differ(fixture.paths, fixture.parameters));
        CHECK(write_units(fixture.paths, fixture.parameters) == (is_known ? Written::others : Written::unread));
        CHECK_FALSE(fs::exists(fixture.paths.units / "shop@7.service.d"));
        CHECK_FALSE(units_differ(fixture.paths, fixture.parameters));
    }
}

TEST_CASE("what is written for one release goes with it, and what people put beside it stays") {
    Fixture fixture;
    for (const int release : {8, 9})
        fixture.parameters.releases.push_back({.release = release, .addresses = {parse_address("9090")}});
    (void)write_units(fixture.paths, fixture.parameters);
    const auto all = files_in(fixture.paths.units).size();
    remove_release_unit(fixture.paths, "shop", 8);
    CHECK_FALSE(fs::exists(fixture.paths.units / "shop@8.service.d"));
    CHECK(files_in(fixture.paths.units).size() == all - 1);
    fixture.scratch.write("units/shop@9.service.d/override.conf", "[Service]\nMemoryMax=1G\n");
    remove_units(fixture.paths, "shop");
    CHECK(files_in(fixture.paths.units) == std::set<std::string>{"shop@9.service.d/override.conf"});
}

TEST_CASE("what somebody sets for SITE.socket holds for every listener of the site, in systemd's order") {
    Fixture fixture;
    fixture.paths.etc_units = fixture.scratch / "etc";
    fixture.scratch.write("etc/shop.socket.d/override.conf", "[Socket]\nSocketMode=0660\n");
    fixture.scratch.write("units/shop.socket.d/override.conf", "[Socket]\nhidden by the one in /etc\n");
    fixture.scratch.write("units/shop.socket.d/20-first.conf", "[Socket]\nBacklog=9");
    fixture.scratch.write("etc/shop.socket.d/notes.txt", "no drop-in");
    fixture.scratch.write("etc/shop2.socket.d/override.conf", "another site's\n");
    const auto copy = [&] { return unit_files(fixture.paths, fixture.parameters).at("shop@.socket.d/10-baton.conf"); };
    const auto etc = (fixture.scratch / "etc/shop.socket.d/override.conf").string();
    const auto units = (fixture.scratch / "units/shop.socket.d/20-first.conf").string();
    CHECK(copy() == std::string{k_written_by} +
                        "# A copy of the drop-ins of shop.socket, which hold for every listener of the site.\n\n# " +
                        units + "\n[Socket]\nBacklog=9\n\n# " + etc + "\n[Socket]\nSocketMode=0660\n\n");
    REQUIRE(write_units(fixture.paths, fixture.parameters) == Written::others);
    CHECK_FALSE(units_differ(fixture.paths, fixture.parameters));
    fixture.scratch.write("etc/shop.socket.d/override.conf", "[Socket]\nSocketMode=0600\n");
    CHECK(units_differ(fixture.paths, fixture.parameters));
    CHECK(contains(copy(), "SocketMode=0600"));
    for (const auto* const directory : {"etc/shop.socket.d", "units/shop.socket.d"})
        fs::remove_all(fixture.scratch / directory);
    CHECK(write_units(fixture.paths, fixture.parameters) == Written::others);
    CHECK_FALSE(fs::exists(fixture.paths.units / "shop@.socket.d/10-baton.conf"));
    CHECK_FALSE(units_differ(fixture.paths, fixture.parameters));
}

TEST_CASE("settings of a listener are those of its unit, its template and the site's first listener") {
    Fixture fixture;
    fixture.paths.etc_units = fixture.scratch / "etc";
    for (const auto* const unit : {"shop.socket", "shop@.socket", "shop@9090.socket", "shop@9091.socket"})
        fixture.scratch.write(std::string{"etc/"} + unit + ".d/override.conf", "[Socket]\n");
    const auto in_etc = [&](const std::string& unit) { return fixture.scratch / "etc" / (unit + ".d/override.conf"); };
    CHECK(others_drop_ins(fixture.paths, "shop.socket") == std::vector{in_etc("shop.socket")});
    CHECK(others_drop_ins(fixture.paths, "shop@9090.socket") ==
          std::vector{in_etc("shop.socket"), in_etc("shop@.socket"), in_etc("shop@9090.socket")});
    CHECK(drop_ins_of_other_listeners(listener_drop_ins(fixture.paths), "shop", {"shop.socket", "shop@9090.socket"}) ==
          std::vector{in_etc("shop@9091.socket")});
    CHECK(drop_ins_of_other_listeners(listener_drop_ins(fixture.paths), "sho", {}).empty());
}

TEST_CASE("what somebody has masked or enabled is found on disk, as systemctl mask and enable leave it") {
    Fixture fixture;
    fixture.paths.etc_units = fixture.scratch / "etc";
    const auto& scratch = fixture.scratch;
    for (const auto* const directory : {"etc/multi-user.target.wants", "run/systemd/system/other.target.requires"})
        fs::create_directories(scratch / directory);
    fs::create_symlink("/dev/null", scratch / "etc/shop.service");
    fs::create_symlink("/dev/null", scratch / "run/systemd/system/shop.path");
    scratch.write("etc/empty.service", "");
    scratch.write("etc/own.service", "[Service]\n");
    fs::create_symlink("/nowhere/shop.service", scratch / "etc/multi-user.target.wants/shop.service"); // masked since
    fs::create_symlink("/nowhere/other.service", scratch / "etc/multi-user.target.wants/other.service");
    fs::create_symlink("/nowhere/a.service", scratch / "run/systemd/system/other.target.requires/a.service");
    CHECK(unit_file_states(fixture.paths) == std::map<std::string, std::string>{{"shop.service", "masked"},
                                                                                {"shop.path", "masked-runtime"},
                                                                                {"empty.service", "masked"},
                                                                                {"other.service", "enabled"},
                                                                                {"a.service", "enabled-runtime"}});
}

TEST_CASE("a unix socket has no TCP settings") {
    Fixture fixture;
    fixture.parameters.record.address = parse_address("/run/shop.sock");
    const auto text = unit_files(fixture.paths, fixture.parameters).at("shop.socket.d/10-baton.conf");
    CHECK_FALSE(contains(text, "NoDelay"));
}

TEST_CASE("'%' in an address, a file's name or a directory is no specifier; other signs are themselves") {
    Fixture fixture;
    fixture.parameters.record = {"/srv/a%p:b \"c\"", "x%n.watch.conf", parse_address("/run/a%i.sock")};
    (void)write_units(fixture.paths, fixture.parameters);
    CHECK(contains(fixture.address_of("shop.socket"), "\nListenStream=/run/a%%i.sock\n"));
    CHECK(contains(fixture.drop_in("shop.path"), "\nPathChanged=/srv/a%%p:b \"c\"/x%%n.watch.conf\n"));
    CHECK(contains(fixture.drop_in("shop@.service"), "\nWorkingDirectory=/srv/a%%p:b \"c\"\n"));
    CHECK(contains(fixture.drop_in("shop@.service"), R"(tree":"/srv/a%%p:b \"c\"")"));
}

TEST_CASE("removing a site's units leaves what other people put beside them") {
    const Fixture fixture;
    (void)write_units(fixture.paths, fixture.parameters);
    auto other = fixture.parameters;
    other.site = "shop2";
    (void)write_units(fixture.paths, other);
    const auto others = files_in(fixture.paths.units).size() / 2;
    fixture.scratch.write("units/shop@.service.d/override.conf", "[Service]\nMemoryMax=1G\n");
    remove_units(fixture.paths, "shop");
    auto left = files_in(fixture.paths.units);
    CHECK(left.erase("shop@.service.d/override.conf") == 1);
    CHECK(left.size() == others);
    for (const auto& name : left)
        CHECK(name.starts_with("shop2"));
    CHECK_FALSE(fs::exists(fixture.paths.units / "shop.socket.d"));
    remove_units(fixture.paths, "shop");
}

TEST_CASE("units that an older baton wrote elsewhere go, and what people put beside them stays") {
    Fixture fixture;
    auto older = fixture.paths;
    older.units = fixture.scratch / "etc";
    (void)write_units(older, fixture.parameters);
    fixture.paths.etc_units = older.units;
    fixture.scratch.write("etc/shop@.service.d/override.conf", "[Service]\nMemoryMax=1G\n");
    fs::create_directories(older.units / "multi-user.target.wants");
    fs::create_symlink(older.units / "shop.service", older.units / "multi-user.target.wants/shop.service");
    CHECK(units_differ(fixture.paths, fixture.parameters));
    CHECK(write_units(fixture.paths, fixture.parameters) == Written::others);
    CHECK_FALSE(units_differ(fixture.paths, fixture.parameters));
    CHECK(files_in(older.units) ==
          std::set<std::string>{"multi-user.target.wants/shop.service", "shop@.service.d/override.conf"});
    CHECK(fs::read_symlink(older.units / "multi-user.target.wants/shop.service") ==
          fixture.paths.units / "shop.service");

    // `systemctl mask`, and a unit of the administrator's own, are none of an older baton's.
    fs::create_symlink("/dev/null", older.units / "shop.service");
    fixture.scratch.write("etc/shop.path", "[Path]\n");
    CHECK_FALSE(units_differ(fixture.paths, fixture.parameters));
    CHECK(write_units(fixture.paths, fixture.parameters) == Written::nothing);
    remove_units(fixture.paths, "shop");
    CHECK(fs::is_symlink(older.units / "shop.service"));
}

TEST_CASE("a missing template is an error that says what to do") {
    const Fixture fixture;
    fs::remove(fixture.paths.unit_templates / "site@.socket");
    const auto error = error_of([&] { (void)write_units(fixture.paths, fixture.parameters); });
    CHECK(contains(error.what(), "site@.socket"));
    CHECK(contains(error.hint(), "install baton again"));
    CHECK_FALSE(fs::exists(fixture.paths.units));
}

} // namespace
} // namespace baton::deploy
