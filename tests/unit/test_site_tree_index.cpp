// SPDX-License-Identifier: MIT
// The index of a snapshot: it keeps any name, damage makes it empty, and the digest covers content but not times.
#include "site/release/tree_index.hpp"

#include <doctest/doctest.h>

#include <functional>

namespace baton::site {
namespace {

using Type = TreeEntry::Type;

TreeIndex full_index() {
    return {
        {"bin", {Type::directory, 0755, {}, {}}},
        {"bin/shop", {Type::file, 0755, {1, 2, 3, 4, 5}, std::string(64, 'a')}},
        {"a name\nwith a newline", {Type::file, 0644, {~0ULL, ~0ULL, ~0ULL, -1, INT64_MIN}, std::string(64, 'b')}},
        {"\x1b[2J\xFF % %41", {Type::file, 0644, {9, 9, 9, INT64_MAX, 9}, ""}},
        {"link", {Type::symlink, 0777, {}, "../a target\n"}},
    };
}

void check_same(const TreeIndex& a, const TreeIndex& b) {
    REQUIRE(a.size() == b.size());
    for (const auto& each : a) {
        const auto& entry = each.second;
        CAPTURE(each.first);
        const auto found = b.find(each.first);
        REQUIRE(found != b.end());
        CHECK(found->second.type == entry.type);
        CHECK(found->second.mode == entry.mode);
        CHECK(found->second.source == entry.source);
        CHECK(found->second.content == entry.content);
    }
}

TEST_CASE("an index is read as it was written, whatever the names are") {
    check_same(index_from_text(to_text(full_index())), full_index());
    CHECK(index_from_text(to_text({})).empty());
}

TEST_CASE("a damaged index is an empty one: everything is copied anew") {
    const auto whole = to_text(full_index());
    CHECK(index_from_text("").empty());
    CHECK(index_from_text("baton-index 2\n" + whole.substr(14)).empty());
    CHECK(index_from_text(whole + "x").empty());
    CHECK(index_from_text(whole + "\n").empty());
    CHECK(index_from_text(whole + "f 644 1 2 3 4 5 %\n").empty());
    CHECK(index_from_text(whole + "f 644 1 2 3 4 5 % a b\n").empty());
    CHECK(index_from_text(whole + "f 648 1 2 3 4 5 % a\n").empty());
    CHECK(index_from_text(whole + "f 644 -1 2 3 4 5 % a\n").empty());
    CHECK(index_from_text(whole + "f 644 1 2 3 4 99999999999999999999 % a\n").empty());
    CHECK(index_from_text(whole + "f 644 1 2 3 4 5 %zz a\n").empty());
    CHECK(index_from_text(whole + "f 644 1 2 3 4 5 % a%\n").empty());
    CHECK(index_from_text(whole + "ff 644 1 2 3 4 5 % a\n").empty());
    CHECK(index_from_text(whole + " 644 1 2 3 4 5 % a\n").empty());
    CHECK(index_from_text(whole + "f 644 1 2 3 4 5 % a\n").size() == full_index().size() + 1);
}

TEST_CASE("an entry of an unknown type is damage") {
    CHECK(index_from_text(to_text(full_index()) + "x 644 1 2 3 4 5 % a\n").empty());
}

TEST_CASE("the digest sees names, types, modes and contents, and not times and inodes") {
    const auto digest = tree_digest(full_index());
    CHECK(digest.size() == 64);
    const auto changed = [&](const std::string& path, const std::function<void(TreeEntry&)>& change) {
        auto index = full_index();
        change(index.at(path));
        return tree_digest(index) != digest;
    };
    CHECK_FALSE(changed("bin/shop", [](TreeEntry& entry) { entry.source = {}; }));
    CHECK(changed("bin/shop", [](TreeEntry& entry) { entry.content.back() = 'b'; }));
    CHECK(changed("bin/shop", [](TreeEntry& entry) { entry.mode = 0644; }));
    CHECK(changed("bin/shop", [](TreeEntry& entry) { entry.type = Type::symlink; }));
    CHECK(changed("link", [](TreeEntry& entry) { entry.content = "elsewhere"; }));
    auto renamed = full_index();
    auto node = renamed.extract("bin/shop");
    node.key() = "bin/shoq";
    renamed.insert(std::move(node));
    CHECK(tree_digest(renamed) != digest);
}

TEST_CASE("no two trees have the same digest because a name looks like two entries") {
    const TreeEntry entry{Type::file, 0644, {}, "c"};
    CHECK(tree_digest({{"a\nf 644 c b", entry}}) != tree_digest({{"a", entry}, {"b", entry}}));
    CHECK(tree_digest({{"a b", {Type::symlink, 0777, {}, "c"}}}) !=
          tree_digest({{"b", {Type::symlink, 0777, {}, "c a"}}}));
}

} // namespace
} // namespace baton::site
