// SPDX-License-Identifier: MIT
#include "support/hostile.hpp"

#include "support/files.hpp"
#include "support/programs.hpp"
#include "support/traffic.hpp"

#include <fmt/format.h>

#include <sys/stat.h>

namespace machine {
namespace fs = std::filesystem;

Finished as_user(const std::string& user, const std::string& command, const fs::path& directory) {
    return run({"setpriv", "--reuid", user, "--clear-groups", "sh", "-ec",
                fmt::format("cd '{}'\n{}", directory.native(), command)});
}

UploadersSite::UploadersSite(const std::string& name) : ServingSite{name} {
    unwatch();
    REQUIRE(run({"chown", "-R", k_uploader, directory()}).status == 0);
}

void UploadersSite::by_uploader(const std::string& command) const {
    const auto done = as_user(k_uploader, command, directory());
    REQUIRE_MESSAGE(done.status == 0, done.text());
}

void UploadersSite::upload_script(std::string_view text) const {
    upload(k_shop, "shop");
    fs::remove(directory() / "test");
    write_file(directory() / "test", text);
}

Secret::Secret() {
    write_file(path, k_secret);
    REQUIRE(::chmod(path.c_str(), 0600) == 0);
}

Secret::~Secret() {
    std::error_code ignored;
    fs::remove(path, ignored);
}

void contains(const std::string& text, const std::string& part) {
    CHECK_MESSAGE(text.find(part) != text.npos, part << "\n... is not in:\n" << text);
}

void contains_not(const std::string& text, const std::string& part) {
    CHECK_MESSAGE(text.find(part) == text.npos, part << "\n... is in:\n" << text);
}

bool has_control(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
        const bool c1 = c == 0xC2 && next >= 0x80 && next < 0xA0; // U+0080 to U+009F
        if ((c < ' ' && c != '\n') || c == 0x7F || c1) return true;
    }
    return false;
}

bool state_has_secret(const Site& site) {
    return run({"grep", "-rqF", k_secret, site.state()}).status == 0;
}

void check_refused(const Site& site, int status, const std::vector<std::string>& parts) {
    Traffic traffic{site.address()};
    const auto live = site.live();
    const auto refused = site.deploy();
    CHECK_MESSAGE(refused.status == status, refused.text());
    const auto journal = journal_of(site.name());
    for (const auto& part : parts) {
        contains(refused.err, part);
        contains(journal, part);
    }
    for (const auto& out : {refused.err, refused.out, run({"baton", "status", site.name()}).out,
                            run({"baton", "status", "--json", site.name()}).out})
        CHECK_MESSAGE(!has_control(out), out);
    CHECK(site.live() == live);
    for (const auto& entry : fs::directory_iterator{site.state() / "releases"})
        CHECK_MESSAGE(entry.path().extension() != ".partial", entry.path());
    traffic.check_none_failed();
}

void check_next_good_one_works(const Site& site, const std::string& ver) {
    site.edit(ver);
    const auto deployed = site.deploy();
    CHECK_MESSAGE(deployed.status == 0, deployed.text());
    CHECK(get(site.address()).ver == ver);
}

} // namespace machine
