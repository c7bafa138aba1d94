// SPDX-License-Identifier: MIT
#include "site/directory/followed_path.hpp"

#include "base/text.hpp"
#include "site/directory/anothers_secret.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>

namespace baton::site {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t k_most_links = 40; // MAXSYMLINKS, path_resolution(7)

/// If the file has a list, the group's bits are the list's mask.
bool is_roots_alone(const struct stat& directory) {
    return directory.st_uid == 0 && (directory.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/// "a/../b" is not "b" if a is a symlink.
fs::path given_form(const fs::path& path) {
    fs::path given{"/"};
    for (const auto& part : fs::absolute(path)) {
        std::error_code error; // a path that leads nowhere is detected later
        if (part == "..")
            given = fs::weakly_canonical(given, error).parent_path();
        else if (!part.empty() && part != ".")
            given /= part;
    }
    return given;
}

class Walk {
  public:
    explicit Walk(const fs::path& path) {
        way_.path.given = given_form(path);
        put_in_front(fs::absolute(path));
    }

    FollowedWay run() {
        while (!rest_.empty() && !way_.error) {
            const auto part = rest_.front();
            rest_.pop_front();
            step(part);
        }
        if (!file_ && !at_.empty()) way_.end = Fd{::fcntl(at_.back().fd.get(), F_DUPFD_CLOEXEC, 0)};
        return std::move(way_);
    }

  private:
    struct Step {
        Fd fd;
        struct stat status;
    };

    void put_in_front(const fs::path& path) { rest_.insert(rest_.begin(), path.begin(), path.end()); }
    void stop(int error_number = errno) { way_.error.emplace(error_number, std::generic_category()); }
    void step(const fs::path& part);
    void start_at_top();
    void enter(Fd directory);
    void follow(const Fd& link, const fs::path& part, const struct stat& status);
    void note_writers();

    FollowedWay way_;
    std::vector<Step> at_; ///< from "/" on
    std::deque<fs::path> rest_;
    bool file_ = false;
};

void Walk::start_at_top() {
    at_.clear();
    way_.path.real = "/";
    enter(Fd{::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)});
}

void Walk::enter(Fd directory) {
    struct stat status = {};
    if (!directory || ::fstat(directory.get(), &status) < 0) return stop();
    at_.push_back({std::move(directory), status});
    if (way_.link_writers.empty() || way_.secret) return;
    const auto access = access_of(at_.back().fd.get());
    if (!access) return stop();
    if (may_be_secret_to(way_.link_writers, *access)) way_.secret = way_.path.real;
}

void Walk::step(const fs::path& part) {
    if (file_) return stop(ENOTDIR);
    if (part.is_absolute()) return start_at_top();
    if (part.empty() || part == ".") return;
    if (part == "..") {
        if (at_.size() > 1) {
            at_.pop_back();
            way_.path.real = way_.path.real.parent_path();
        }
        return;
    }
    const int from = at_.back().fd.get();
    Fd directory{::openat(from, part.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (directory) {
        way_.path.real /= part;
        return enter(std::move(directory));
    }
    if (errno != ENOTDIR && errno != ELOOP) return stop();
    const Fd other{::openat(from, part.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC)};
    struct stat status = {};
    if (!other || ::fstat(other.get(), &status) < 0) return stop();
    if (S_ISLNK(status.st_mode)) return follow(other, part, status);
    way_.path.real /= part;
    file_ = true;
}

void Walk::follow(const Fd& link, const fs::path& part, const struct stat& status) {
    std::array<char, 4096> target{}; // PATH_MAX
    const auto length = ::readlinkat(link.get(), "", target.data(), target.size());
    if (length < 0) return stop();
    way_.path.links.push_back(way_.path.real / part);
    if (way_.path.links.size() > k_most_links) return stop(ELOOP);
    way_.newest_link_ns =
        std::max(way_.newest_link_ns, status.st_ctim.tv_sec * std::int64_t{1'000'000'000} + status.st_ctim.tv_nsec);
    note_writers();
    put_in_front(std::string{target.data(), static_cast<std::size_t>(length)});
}

/// Notes who may have put the link, or a directory above it, in its place. In a sticky directory, only its owner can
/// replace a directory; but any link may have been moved there.
void Walk::note_writers() {
    for (std::size_t i = 0; i < at_.size(); ++i) {
        if (is_roots_alone(at_[i].status)) continue;
        const bool holds_directory = i + 1 < at_.size();
        auto status = at_[i].status;
        if (holds_directory && (status.st_mode & S_ISVTX) != 0 &&
            (status.st_uid == 0 || status.st_uid == at_[i + 1].status.st_uid)) {
            status.st_uid = at_[i + 1].status.st_uid;
            status.st_mode = S_IFDIR | S_IRWXU;
            if (status.st_uid != 0) way_.link_writers.push_back({status, std::nullopt});
            continue;
        }
        auto writers = access_of(at_[i].fd.get());
        if (!writers) return stop();
        way_.link_writers.push_back(std::move(*writers));
    }
}

} // namespace

FollowedWay go(const fs::path& path) {
    return Walk{path}.run();
}

FollowedPath follow(const fs::path& path) {
    auto way = go(path);
    if (way.error) throw fs::filesystem_error{"following", path, *way.error};
    return std::move(way.path);
}

bool may_be_secret_to(const std::vector<Access>& link_writers, const Access& entry) {
    return std::any_of(link_writers.begin(), link_writers.end(),
                       [&](const Access& writers) { return may_be_anothers_secret(entry, writers); });
}

bool fits_unit_file(const fs::path& path) {
    // In a unit file, a backslash at the end joins lines, and blanks at the end are cut.
    const auto& text = path.native();
    return printable(text) == text && !text.ends_with('\\') && !text.ends_with(' ');
}

namespace {

/// /proc/self differs for each process, and the kernel and systemd write in all of these directories.
bool is_the_kernels(const fs::path& directory) {
    constexpr std::array<std::string_view, 4> k_tops{"proc", "sys", "dev", "run"};
    const auto top = std::next(directory.begin());
    return top != directory.end() && std::find(k_tops.begin(), k_tops.end(), top->native()) != k_tops.end();
}

bool is_beneath(const fs::path& directory, const fs::path& top) {
    return std::mismatch(top.begin(), top.end(), directory.begin(), directory.end()).first == top.end();
}

} // namespace

std::vector<fs::path> paths_to_watch(const fs::path& directory, const std::string& conf_name) {
    constexpr std::size_t k_most_bytes = 32UL * 1024;
    const auto way = go(directory);
    std::vector<fs::path> paths{directory / conf_name};
    for (const auto& link : way.path.links)
        if (!is_the_kernels(link.parent_path())) paths.push_back(link.parent_path());
    // Uses the path as given: the real path changes with each switch, and PID 1 would have to reload to read the new
    // one. A watch.conf that leads out of the directory is refused anyway.
    if (!way.error)
        for (const auto& link : go(way.path.real / conf_name).path.links)
            if (is_beneath(link.parent_path(), way.path.real))
                paths.push_back(directory / link.parent_path().lexically_relative(way.path.real));
    std::size_t bytes = 0;
    std::erase_if(paths, [&](const fs::path& path) {
        bytes += path.native().size();
        return !fits_unit_file(path) || bytes > k_most_bytes;
    });
    for (auto& path : paths)
        if (path.filename() == ".") path = path.parent_path();
    std::sort(paths.begin(), paths.end());
    paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
    return paths;
}

} // namespace baton::site
