// SPDX-License-Identifier: MIT
#include "site/release/tree_content.hpp"

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/text.hpp"
#include "site/release/snapshot_modes.hpp"
#include "site/release/tree_look.hpp"

#include <fmt/format.h>

#include <fcntl.h>

#include <array>
#include <cerrno>

namespace baton::site {
namespace {

constexpr std::size_t k_read_buffer_bytes = 256 * 1024;

[[noreturn]] void fail(const std::string& path) {
    throw errno_error(fmt::format("reading {}", quote(path)));
}

std::string digest_of_file(const TreeEntryAt& at) {
    const Fd fd{::openat(at.directory, at.name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)};
    if (!fd) fail(at.path);
    Sha256 digest;
    std::string buffer(k_read_buffer_bytes, '\0');
    for (;;) {
        const auto n = ::read(fd.get(), buffer.data(), buffer.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) fail(at.path);
        if (n == 0) return digest.hex();
        digest.update(std::string_view{buffer}.substr(0, static_cast<std::size_t>(n)));
    }
}

std::string target_of(const TreeEntryAt& at) {
    std::array<char, 4096> target{}; // PATH_MAX
    const auto length = ::readlinkat(at.directory, at.name.c_str(), target.data(), target.size());
    if (length < 0) fail(at.path);
    return {target.data(), static_cast<std::size_t>(length)};
}

std::string content_of_file(const ContentRequest& request, const TreeEntryAt& at) {
    if (request.conf_text && at.path == request.conf_name) {
        Sha256 digest;
        digest.update(*request.conf_text);
        return digest.hex();
    }
    const auto known = request.known.find(at.path);
    const bool unchanged = known != request.known.end() && known->second.type == TreeEntry::Type::file &&
                           known->second.source == stamp_of(at.status);
    return unchanged ? known->second.content : digest_of_file(at);
}

TreeEntry entry_of(const ContentRequest& request, const TreeEntryAt& at) {
    if (S_ISDIR(at.status.st_mode)) return {TreeEntry::Type::directory, k_mode_program, {}, {}};
    if (S_ISLNK(at.status.st_mode)) return {TreeEntry::Type::symlink, k_mode_symlink, {}, target_of(at)};
    return {TreeEntry::Type::file,
            snapshot_mode(at.status.st_mode, at.path, request.bin_name),
            {},
            content_of_file(request, at)};
}

} // namespace

std::string content_digest(const ContentRequest& request) {
    TreeIndex index;
    (void)newest_change(request.directory, request.exclude, {},
                        [&](const TreeEntryAt& at) { index.emplace(at.path, entry_of(request, at)); });
    if (request.conf_text && !index.contains(request.conf_name)) {
        Sha256 digest;
        digest.update(*request.conf_text);
        index[request.conf_name] = {TreeEntry::Type::file, k_mode_plain, {}, digest.hex()};
    }
    return tree_digest(index);
}

} // namespace baton::site
