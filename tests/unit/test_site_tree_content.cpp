// SPDX-License-Identifier: MIT
// The content of a directory is what an import would have; known files are not read again.
#include "site/release/tree_content.hpp"

#include "imported_site.hpp"

#include <doctest/doctest.h>

namespace baton::site {
namespace {

namespace fs = std::filesystem;
using Site = test::ImportedSite;

struct UploadedSite : Site {
    UploadedSite() {
        write("test", "program");
        write("watch.conf", "{}");
        write("bin/tool", "x", 0700);
        write("app.log", "x");
        fs::create_directory(directory / "empty");
        fs::create_symlink("/nowhere", directory / "link");
        exclude = Excludes{{"*.log"}, "watch.conf"};
    }
    [[nodiscard]] ContentRequest request() const { return {directory, "test", exclude, "watch.conf"}; }
};

TEST_CASE("the content of a directory is that of the snapshot which an import makes of it") {
    const UploadedSite site;
    const auto imported = site.take(1);
    CHECK(content_digest(site.request()) == tree_digest(imported.index));
    site.write("app.log", "more");
    CHECK(content_digest(site.request()) == tree_digest(imported.index));
    site.write("empty/new", "x");
    CHECK(content_digest(site.request()) != tree_digest(imported.index));
}

TEST_CASE("with another watch.conf it is the content that the directory would have with that one") {
    for (const bool in_place : {true, false}) {
        const UploadedSite site;
        if (!in_place) fs::remove(site.directory / "watch.conf");
        auto request = site.request();
        request.conf_text = "{\"Ver\": \"2\"}";
        const auto expected = content_digest(request);
        site.write("watch.conf", *request.conf_text);
        CHECK(expected == tree_digest(site.take(1).index));
    }
}

TEST_CASE("what has not changed since a snapshot is not read again") {
    const UploadedSite site;
    auto request = site.request();
    request.known = site.take(1).index;
    request.known.at("test").content = "taken from the index";
    CHECK(content_digest(request) == tree_digest(request.known));
    site.write("test", "another program");
    CHECK(content_digest(request) == tree_digest(site.take(2).index));
}

} // namespace
} // namespace baton::site
