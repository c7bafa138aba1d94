// SPDX-License-Identifier: MIT
// A new site gets the directory /run/SITE if nobody has it.
#include "site/directory/run_directory.hpp"

#include "error_of.hpp"
#include "scratch.hpp"

#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

namespace baton::site {
namespace {

namespace fs = std::filesystem;
using test::contains;
using test::error_of;

TEST_CASE("what is below /run and not an empty directory of root's is another's") {
    const test::Scratch scratch;
    const auto refuse = [&](const char* name) {
        const auto error = error_of([&] { require_free_run_directory(scratch.path(), name); });
        CHECK(error.kind() == error_kind::usage);
        CHECK(contains(error.what(), "belongs to something else"));
    };
    (void)scratch.write("full/x", "");
    (void)scratch.write("file", "");
    fs::create_symlink("nowhere", scratch / "link");
    fs::create_directory(scratch / "writable");
    REQUIRE(::chmod((scratch / "writable").c_str(), 0775) == 0);
    for (const auto* const name : {"full", "file", "link", "writable"})
        refuse(name);
    require_free_run_directory(scratch.path(), "missing");
    fs::create_directory(scratch / "empty");
    REQUIRE(::chmod((scratch / "empty").c_str(), 0755) == 0);
    if (::geteuid() != 0) return refuse("empty");
    require_free_run_directory(scratch.path(), "empty");
    REQUIRE(::chown((scratch / "empty").c_str(), 1, 1) == 0);
    refuse("empty");
}

} // namespace
} // namespace baton::site
