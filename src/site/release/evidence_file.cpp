// SPDX-License-Identifier: MIT
#include "site/release/evidence_file.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "site/directory/site_directory.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>

namespace baton::site {
namespace fs = std::filesystem;
namespace {

constexpr auto k_journal_group = "systemd-journal"; // systemd-journald.service(8) "Access Control"

void add_group(Readers& readers, const char* name) {
    std::array<char, 16384> buffer{};
    group entry{};
    group* found = nullptr;
    if (::getgrnam_r(name, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr)
        readers.groups.insert(entry.gr_gid);
}

} // namespace

Readers evidence_readers(const fs::path& directory) {
    Readers readers = named_readers("/var/log/journal");
    add_group(readers, k_journal_group);
    struct stat st = {};
    try {
        if (::fstat(open_site_directory(directory).fd.get(), &st) == 0) readers.users.insert(st.st_uid);
    } catch (const Error&) { // a missing directory has no owner
    }
    return readers;
}

void write_evidence(const fs::path& path, std::string_view text, const Readers& readers) {
    write_file_atomically(path, text, [&](int fd, std::string_view name) {
        if (!set_readers(fd, readers) && errno != EOPNOTSUPP)
            throw errno_error(fmt::format("naming the readers of {}", quote(name)));
    });
}

} // namespace baton::site
