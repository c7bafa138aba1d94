// SPDX-License-Identifier: MIT
// The owner rule, for each kind of writer that a directory can have.
#include "base/fd.hpp"
#include "scratch.hpp"
#include "site/directory/anothers_secret.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <array>
#include <map>

using namespace baton;
using site::may_be_anothers_secret;

namespace {

constexpr uid_t k_ann = 1001;
constexpr uid_t k_bob = 1002;
constexpr gid_t k_web = 2001;
constexpr gid_t k_ops = 2002;
constexpr mode_t k_r = S_IROTH;
constexpr mode_t k_rwx = S_IRWXO;

Access access(mode_t mode, uid_t owner, gid_t group = k_web) {
    Access made;
    made.status.st_mode = mode;
    made.status.st_uid = owner;
    made.status.st_gid = group;
    made.status.st_nlink = 1;
    return made;
}

Access file(mode_t mode, uid_t owner, gid_t group = k_web) {
    return access(S_IFREG | mode, owner, group);
}

Access directory(mode_t mode, uid_t owner, gid_t group = k_web) {
    return access(S_IFDIR | mode, owner, group);
}

/// The group bits of a mode are the list's mask, so what the owning group may do is said here.
Access with(Access made, mode_t group, const std::map<uid_t, mode_t>& users,
            const std::map<gid_t, mode_t>& groups = {}) {
    made.list = AccessList{group, users, groups};
    return made;
}

} // namespace

TEST_SUITE_BEGIN("site/directory/anothers_secret");

TEST_CASE("what everybody may read is nobody's secret, whoever writes the directory") {
    CHECK_FALSE(may_be_anothers_secret(file(0644, 0), directory(0777, k_ann)));
    CHECK_FALSE(may_be_anothers_secret(with(file(0664, 0), k_r, {{k_bob, k_r}}), directory(0755, k_ann)));
}

TEST_CASE("a list that takes reading from somebody makes a secret of what all others may read") {
    CHECK(may_be_anothers_secret(with(file(0644, 0), k_r, {{k_ann, 0}}), directory(0755, k_ann)));
    CHECK(may_be_anothers_secret(with(file(0644, 0), 0, {}), directory(0755, k_ann)));
}

TEST_CASE("where its owner alone writes the directory, what is the owner's own is no secret, and anything is root's") {
    CHECK_FALSE(may_be_anothers_secret(file(0600, k_ann), directory(0755, k_ann)));
    CHECK(may_be_anothers_secret(file(0600, 0), directory(0755, k_ann)));
    CHECK_FALSE(may_be_anothers_secret(file(0600, k_bob), directory(0755, 0)));
}

TEST_CASE("where a group writes the directory, only what it may read is no secret, and no second name of that") {
    CHECK(may_be_anothers_secret(file(0600, k_ann), directory(0775, k_ann)));
    CHECK_FALSE(may_be_anothers_secret(file(0640, k_ann), directory(0775, k_ann)));
    CHECK(may_be_anothers_secret(file(0640, k_ann, k_ops), directory(0775, k_ann)));
    auto linked = file(0640, k_ann);
    linked.status.st_nlink = 2;
    CHECK(may_be_anothers_secret(linked, directory(0775, k_ann)));
}

TEST_CASE("whom a list lets write the directory has to be among those who may read the file") {
    const auto by_bob = with(directory(0775, k_ann), 0, {{k_bob, k_rwx}});
    CHECK(may_be_anothers_secret(file(0600, k_ann), by_bob));
    CHECK(may_be_anothers_secret(file(0640, k_ann), by_bob)); // bob is in no group of it
    CHECK(may_be_anothers_secret(file(0600, 0), with(directory(0775, 0), 0, {{k_bob, k_rwx}}))); // root's directory
    CHECK_FALSE(may_be_anothers_secret(with(file(0660, k_ann), 0, {{k_bob, k_r}}), by_bob));
    CHECK(may_be_anothers_secret(with(file(0660, 0), 0, {{k_bob, k_r}}), by_bob)); // ann could not read that
    CHECK_FALSE(may_be_anothers_secret(with(file(0660, k_bob), 0, {{k_ann, k_r}}), by_bob));

    const auto by_ops = with(directory(0775, k_ann), 0, {}, {{k_ops, k_rwx}});
    CHECK(may_be_anothers_secret(file(0640, k_ann), by_ops));
    CHECK_FALSE(may_be_anothers_secret(file(0640, k_ann, k_ops), by_ops));
    CHECK_FALSE(may_be_anothers_secret(with(file(0660, k_ann), 0, {}, {{k_ops, k_r}}), by_ops));
}

TEST_CASE("a list that lets others only read the directory leaves it to its owner") {
    const auto read_by_bob = with(directory(0755, k_ann), 0, {{k_bob, S_IROTH | S_IXOTH}});
    CHECK_FALSE(may_be_anothers_secret(file(0600, k_ann), read_by_bob));
}

TEST_CASE("a directory is no secret to those who may list it and go through it") {
    const auto by_bob = with(directory(0775, k_ann), 0, {{k_bob, k_rwx}});
    CHECK(may_be_anothers_secret(directory(0700, k_ann), by_bob));
    CHECK(may_be_anothers_secret(with(directory(0770, k_ann), 0, {{k_bob, k_r}}), by_bob));
    CHECK_FALSE(may_be_anothers_secret(with(directory(0770, k_ann), 0, {{k_bob, S_IROTH | S_IXOTH}}), by_bob));
}

TEST_CASE("a list is read as the kernel keeps it, its mask applied") {
    const test::Scratch scratch;
    const auto path = scratch / "listed";
    scratch.write("listed", "");
    using Entry = posix_acl_xattr_entry;
    const struct {
        posix_acl_xattr_header header;
        std::array<Entry, 6> entries;
    } list{{POSIX_ACL_XATTR_VERSION},
           {Entry{ACL_USER_OBJ, ACL_READ | ACL_WRITE, ~0U}, Entry{ACL_USER, ACL_READ | ACL_WRITE, k_bob},
            Entry{ACL_GROUP_OBJ, ACL_READ | ACL_EXECUTE, ~0U}, Entry{ACL_GROUP, ACL_WRITE, k_ops},
            Entry{ACL_MASK, ACL_READ, ~0U}, Entry{ACL_OTHER, 0, ~0U}}};
    if (::setxattr(path.c_str(), "system.posix_acl_access", &list, sizeof list, 0) < 0) {
        MESSAGE("this file system keeps no lists");
        return;
    }
    const Fd open{::open(path.c_str(), O_PATH | O_CLOEXEC)};
    const auto found = access_of(open.get());
    REQUIRE(found);
    REQUIRE(found->list);
    CHECK(found->list->users == std::map<uid_t, mode_t>{{k_bob, k_r}});
    CHECK(found->list->groups == std::map<gid_t, mode_t>{{k_ops, 0}});
    CHECK(found->group_permissions() == k_r);
    CHECK(found->others_permissions() == 0);
}

TEST_SUITE_END();
