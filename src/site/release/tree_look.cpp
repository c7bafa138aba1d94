// SPDX-License-Identifier: MIT
#include "site/release/tree_look.hpp"

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "site/directory/directory_names.hpp"
#include "site/directory/site_directory.hpp"
#include "site/release/error_kinds.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <vector>

namespace baton::site {
namespace {

constexpr std::int64_t k_ns = 1'000'000'000;

std::int64_t ctime_ns(const struct stat& st) {
    return st.st_ctim.tv_sec * k_ns + st.st_ctim.tv_nsec;
}

class Looker {
  public:
    Looker(const std::filesystem::path& directory, const Excludes& excludes, const ImportLimits& limits,
           const TreeVisitor& visit)
        : directory_{directory}, excludes_{excludes}, limits_{limits}, visit_{visit} {}

    TreeLook run() {
        const auto top = open_site_directory(directory_);
        struct stat st = {};
        if (::fstat(top.fd.get(), &st) < 0) fail("");
        look_into(top.fd.get(), st, "", 0);
        using namespace std::chrono;
        look_.newest_change = system_clock::time_point{duration_cast<system_clock::duration>(nanoseconds{newest_ns_})};
        look_.fingerprint = digest_.hex();
        return std::move(look_);
    }

  private:
    enum class Found { counted, excluded };
    void look_into(int directory, const struct stat& itself, const std::string& path, std::uint64_t depth);
    Found look_at(int directory, const std::string& name, const std::string& path, std::uint64_t depth);
    void look_at_subdirectory(int directory, const std::string& name, const std::string& path, const struct stat& st,
                              std::uint64_t depth);
    [[nodiscard]] std::vector<std::string> list(int directory, const std::string& path);
    void note(const TreeEntryAt& at, char type);
    void vanished() { newest_ns_ = std::max(newest_ns_, clock_ns()); }
    static std::int64_t clock_ns() {
        timespec now{};
        (void)::clock_gettime(CLOCK_REALTIME, &now);
        return now.tv_sec * k_ns + now.tv_nsec;
    }
    [[noreturn]] void fail(const std::string& path, int error_number = errno) const {
        throw errno_error(fmt::format("looking at {}", quote((directory_ / path).native())), error_number);
    }
    [[noreturn]] void refuse(const std::string& path, std::string_view limit) const {
        throw Error{fmt::format("looking at {}: more than {}", quote((directory_ / path).native()), limit),
                    error_kind::rejected};
    }

    const std::filesystem::path& directory_;
    const Excludes& excludes_;
    const ImportLimits& limits_;
    const TreeVisitor& visit_;
    Sha256 digest_;
    TreeLook look_;
    std::string line_;
    std::int64_t newest_ns_ = 0;
    std::uint64_t listed_ = 0;
    std::uint64_t name_bytes_ = 0;
};

std::vector<std::string> Looker::list(int directory, const std::string& path) {
    auto names = names_in(directory, limits_.entries - listed_);
    if (!names) fail(path);
    listed_ += names->size();
    if (listed_ > limits_.entries) refuse("", fmt::format("{} entries", limits_.entries));
    return std::move(*names);
}

void Looker::note(const TreeEntryAt& at, char type) {
    const auto& [directory, name, path, st] = at;
    ++look_.entries;
    name_bytes_ += path.size();
    if (name_bytes_ > limits_.name_bytes) refuse("", fmt::format("{} of names", size_text(limits_.name_bytes)));
    line_.clear();
    const auto to = std::back_inserter(line_);
    if (type == 'd')
        fmt::format_to(to, "d {:o} {} ", st.st_mode, st.st_ino);
    else
        fmt::format_to(to, "{} {:o} {} {} {} {} ", type, st.st_mode, st.st_ino, st.st_size,
                       st.st_mtim.tv_sec * k_ns + st.st_mtim.tv_nsec, ctime_ns(st));
    line_ += path;
    line_ += '\0'; // no path contains NUL
    digest_.update(line_);
    if (visit_) visit_(at);
}

void Looker::look_into(int directory, const struct stat& itself, const std::string& path, std::uint64_t depth) {
    if (depth > limits_.depth) refuse(path, fmt::format("{} directories deep", limits_.depth));
    bool holds_excluded = false;
    for (const auto& name : list(directory, path))
        if (look_at(directory, name, path.empty() ? name : path + "/" + name, depth) == Found::excluded)
            holds_excluded = true;
    if (!holds_excluded) newest_ns_ = std::max(newest_ns_, ctime_ns(itself));
}

Looker::Found Looker::look_at(int directory, const std::string& name, const std::string& path, std::uint64_t depth) {
    struct stat st = {};
    if (::fstatat(directory, name.c_str(), &st, AT_SYMLINK_NOFOLLOW) < 0) {
        if (errno != ENOENT) fail(path);
        if (excludes_.matches(path, Excludes::Kind::other)) return Found::excluded;
        vanished();
        return Found::counted;
    }
    const auto kind = S_ISDIR(st.st_mode) ? Excludes::Kind::directory : Excludes::Kind::other;
    if (excludes_.matches(path, kind)) return Found::excluded;
    switch (st.st_mode & S_IFMT) {
    case S_IFDIR:
        look_at_subdirectory(directory, name, path, st, depth);
        return Found::counted;
    case S_IFREG:
    case S_IFLNK:
        note({directory, name, path, st}, S_ISREG(st.st_mode) ? 'f' : 'l');
        newest_ns_ = std::max(newest_ns_, ctime_ns(st));
        return Found::counted;
    default: // an import leaves it out
        return Found::excluded;
    }
}

void Looker::look_at_subdirectory(int directory, const std::string& name, const std::string& path,
                                  const struct stat& st, std::uint64_t depth) {
    note({directory, name, path, st}, 'd');
    const Fd inside{::openat(directory, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (inside) return look_into(inside.get(), st, path, depth + 1);
    if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP) fail(path);
    vanished();
}

} // namespace

TreeLook newest_change(const std::filesystem::path& directory, const Excludes& excludes, const ImportLimits& limits,
                       const TreeVisitor& visit) {
    return Looker{directory, excludes, limits, visit}.run();
}

} // namespace baton::site
