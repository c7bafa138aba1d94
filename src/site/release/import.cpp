// SPDX-License-Identifier: MIT
#include "site/release/import.hpp"

#include "base/acl.hpp"
#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "site/directory/anothers_secret.hpp"
#include "site/directory/directory_names.hpp"
#include "site/directory/followed_path.hpp"
#include "site/directory/read_lease.hpp"
#include "site/directory/site_directory.hpp"
#include "site/release/error_kinds.hpp"
#include "site/release/snapshot_modes.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <set>
#include <thread>

namespace baton::site {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t k_copy_buffer_bytes = 256 * 1024;
constexpr std::size_t k_most_warnings = 20;
constexpr std::size_t k_most_synced_one_by_one = 64;
constexpr std::int64_t k_longest_clock_tick_ns = 20'000'000; // CONFIG_HZ is at least 100
constexpr std::chrono::milliseconds k_brief_write{100};      // a log's line, or a rename over a file
constexpr std::chrono::milliseconds k_between_attempts{1};
constexpr std::chrono::seconds k_longest_settling{1};

/// Errors of a state directory that cannot be written, with what to type next.
[[noreturn]] void fail_to_write(const std::string& doing, int error_number) {
    auto error = errno_error(doing, error_number);
    switch (error_number) {
    case ENOSPC:
    case EDQUOT:
        throw error.with_hint("df -h shows what is full, df -i whether it is out of inodes; a smaller KeepReleases "
                              "keeps fewer snapshots");
    case EROFS:
        throw error.with_hint("findmnt shows how it is mounted; dmesg says why, if the kernel made it read-only");
    default:
        throw error;
    }
}

std::int64_t clock_of_files_ns() {
    timespec now{};
    (void)::clock_gettime(CLOCK_REALTIME_COARSE, &now);
    return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
}

/// Returns `stamp` once no later change can have the same one, which is possible within one tick of the clock behind
/// ctime. Returns an empty stamp, which no file has, if that would take too long because the clock was set back.
SourceStamp unique_stamp(const SourceStamp& stamp) {
    if (stamp.ctime_ns > clock_of_files_ns() + k_longest_clock_tick_ns) return {};
    while (stamp.ctime_ns >= clock_of_files_ns())
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    return stamp;
}

bool is_zero(std::string_view bytes) {
    return bytes.front() == '\0' && bytes.substr(1) == bytes.substr(0, bytes.size() - 1);
}

/// Calls fsync(2) on each file and directory of the snapshot, or syncs the whole file system if there are many.
template <typename Paths>
void sync_all(int top, const Paths& paths) {
    if (paths.size() > k_most_synced_one_by_one) {
        if (::syncfs(top) < 0) fail_to_write("syncing the snapshot", errno);
        return;
    }
    for (const auto& path : paths) {
        const Fd fd{::openat(top, path.empty() ? "." : path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC)};
        if (!fd || ::fsync(fd.get()) < 0) fail_to_write(fmt::format("syncing {}", quote(path)), errno);
    }
}

class Importer {
  public:
    explicit Importer(const ImportRequest& request)
        : request_{request}, source_{open_site_directory(request.source)}, buffer_(k_copy_buffer_bytes, '\0') {
        if (request.previous) previous_ = Fd{::open(request.previous->tree.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    }

    Imported run() {
        make_directory(request_.destination, "the snapshot");
        top_ = open_file(request_.destination, O_RDONLY | O_DIRECTORY);
        if (::fchmod(top_.get(), k_mode_program) < 0) fail("");
        copy_directory(source_.fd.get(), top_.get(), "", 0);
        settle();
        sync_all(top_.get(), made_);
        if (left_out_ > k_most_warnings)
            result_.warnings.push_back(fmt::format("leaving out {} more such entries", left_out_ - k_most_warnings));
        return std::move(result_);
    }

  private:
    void copy_directory(int from, int to, const std::string& path, std::uint64_t depth);
    void copy_entry(int from, int to, const std::string& name, const std::string& path, std::uint64_t depth);
    void copy_subdirectory(int from, int to, const std::string& name, const std::string& path, std::uint64_t depth);
    void copy_symlink(int from, int to, const std::string& name, const std::string& path);
    void copy_file(int from, int to, const std::string& name, const std::string& path);
    bool try_to_copy_file(int from, int to, const std::string& name, const std::string& path);
    void settle();
    [[nodiscard]] std::vector<std::string> changed_files() const;
    void copy_again(const std::string& path);
    [[nodiscard]] std::vector<std::string> list(int directory, const std::string& path);
    void leave_out(const std::string& path);
    void check_owner(const Access& entry, int directory, const std::string& path) const;
    bool share_unchanged(int from, int to, const std::string& name, const std::string& path, const struct stat& st);
    void require_room(std::uint64_t size_bytes) const;
    void count(std::uint64_t size_bytes);
    std::string copy_bytes(int in, int out, const std::string& path);
    static void write(int out, std::string_view chunk, const std::string& path);
    void add(const std::string& path, TreeEntry entry);

    static void make_directory(const fs::path& at, std::string_view what) {
        if (::mkdir(at.c_str(), k_mode_program) < 0)
            fail_to_write(fmt::format("creating {} {}", what, quote(at.native())), errno);
    }
    [[noreturn]] static void reject(const std::string& path, std::string_view why, std::string hint = {}) {
        throw Error{fmt::format("importing {}: {}", quote(path), why), error_kind::rejected, std::move(hint)};
    }
    [[noreturn]] void reject_too_much(const std::string& path, std::string_view limit) const {
        reject(path, fmt::format("more than {}", limit),
               fmt::format("du --inodes {0} and du -h --apparent-size {0} show where it is; keep files that the "
                           "program does not read "
                           "out of the site's directory",
                           quote(request_.source.native())));
    }
    [[noreturn]] static void fail(const std::string& path, int error_number = errno) {
        fail_to_write(fmt::format("importing {}", quote(path)), error_number);
    }

    const ImportRequest& request_;
    SiteDirectory source_;
    Fd previous_; ///< empty if there is none
    Fd top_;      ///< of the snapshot
    std::string buffer_;
    Imported result_;
    std::set<std::string> made_; ///< directories and files to sync
    std::string last_copied_;    ///< the file that was copied last
    std::uint64_t entries_ = 0;
    std::uint64_t name_bytes_ = 0;
    std::size_t left_out_ = 0;
};

std::vector<std::string> Importer::list(int directory, const std::string& path) {
    auto names = names_in(directory, request_.limits.entries - entries_);
    if (!names) throw errno_error(fmt::format("listing {}", quote(path)));
    entries_ += names->size();
    if (entries_ > request_.limits.entries)
        reject_too_much(request_.source, fmt::format("{} entries", request_.limits.entries));
    return std::move(*names);
}

void Importer::copy_directory(int from, int to, const std::string& path, std::uint64_t depth) {
    if (depth > request_.limits.depth) reject_too_much(path, fmt::format("{} directories deep", request_.limits.depth));
    for (const auto& name : list(from, path.empty() ? request_.source.native() : path))
        copy_entry(from, to, name, path.empty() ? name : path + "/" + name, depth);
    made_.insert(path);
}

void Importer::leave_out(const std::string& path) {
    if (++left_out_ <= k_most_warnings)
        result_.warnings.push_back(fmt::format("leaving out {}: neither file, directory nor symlink", quote(path)));
}

void Importer::copy_entry(int from, int to, const std::string& name, const std::string& path, std::uint64_t depth) {
    if (path.size() > request_.limits.path_bytes)
        reject(path, fmt::format("a name of more than {} bytes", request_.limits.path_bytes),
               "give the directories above it shorter names");
    struct stat st = {};
    if (::fstatat(from, name.c_str(), &st, AT_SYMLINK_NOFOLLOW) < 0) {
        if (errno == ENOENT) throw Unsettled{path};
        fail(path);
    }
    if (request_.exclude.matches(path, S_ISDIR(st.st_mode) ? Excludes::Kind::directory : Excludes::Kind::other)) return;
    switch (st.st_mode & S_IFMT) {
    case S_IFDIR:
        return copy_subdirectory(from, to, name, path, depth);
    case S_IFLNK:
        return copy_symlink(from, to, name, path);
    case S_IFREG:
        return share_unchanged(from, to, name, path, st) ? void() : copy_file(from, to, name, path);
    default:
        leave_out(path);
    }
}

void Importer::copy_subdirectory(int from, int to, const std::string& name, const std::string& path,
                                 std::uint64_t depth) {
    const Fd in{::openat(from, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!in && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)) throw Unsettled{path};
    const auto access = in ? access_of(in.get()) : std::nullopt;
    if (!access) fail(path);
    check_owner(*access, from, path);
    if (::mkdirat(to, name.c_str(), k_mode_program) < 0) fail(path);
    const Fd out{::openat(to, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!out || ::fchmod(out.get(), k_mode_program) < 0) fail(path);
    add(path, {TreeEntry::Type::directory, k_mode_program, {}, {}});
    copy_directory(in.get(), out.get(), path, depth + 1);
}

void Importer::copy_symlink(int from, int to, const std::string& name, const std::string& path) {
    std::array<char, 4096> target{}; // PATH_MAX
    const auto length = ::readlinkat(from, name.c_str(), target.data(), target.size());
    if (length < 0 && (errno == EINVAL || errno == ENOENT)) throw Unsettled{path};
    if (length < 0) fail(path);
    const std::string text{target.data(), static_cast<std::size_t>(length)};
    if (::symlinkat(text.c_str(), to, name.c_str()) < 0) fail(path);
    add(path, {TreeEntry::Type::symlink, k_mode_symlink, {}, text});
}

/// Copies again what has changed since, until nothing has but the file that was copied last: then all files were as
/// they are in the snapshot at the instant at which that one was copied. A file that changes all the time, such as a
/// log, is then the last, and holds up nothing.
void Importer::settle() {
    const auto give_up = std::chrono::steady_clock::now() + k_longest_settling;
    for (auto changed = changed_files(); !changed.empty(); changed = changed_files()) {
        if (std::chrono::steady_clock::now() >= give_up) throw Unsettled{changed.front()};
        for (const auto& path : changed)
            copy_again(path);
    }
}

std::vector<std::string> Importer::changed_files() const {
    std::vector<std::string> changed;
    for (const auto& [path, entry] : result_.index) {
        if (entry.type != TreeEntry::Type::file || entry.source == SourceStamp{} || path == last_copied_) continue;
        struct stat now = {};
        if (::fstatat(source_.fd.get(), path.c_str(), &now, AT_SYMLINK_NOFOLLOW) < 0 || stamp_of(now) != entry.source)
            changed.push_back(path);
    }
    return changed;
}

void Importer::copy_again(const std::string& path) {
    const fs::path names{path};
    const auto parent = names.has_parent_path() ? names.parent_path().native() : ".";
    const auto name = names.filename().native();
    constexpr int k_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
    const Fd from = open_beneath(source_.fd.get(), parent, k_flags);
    if (!from) throw Unsettled{path};
    const Fd to = open_beneath(top_.get(), parent, k_flags);
    if (!to || ::unlinkat(to.get(), name.c_str(), 0) < 0) fail(path);
    const auto old = result_.index.find(path);
    result_.files -= 1;
    result_.bytes -= old->second.source.size_bytes;
    result_.index.erase(old);
    copy_file(from.get(), to.get(), name, path);
}

/// Applies the owner rule for the entry's directory, the site's directory, and the directories that hold the links to
/// it: anyone who may write one of them may have put the entry there.
void Importer::check_owner(const Access& entry, int directory, const std::string& path) const {
    const auto holder = access_of(directory);
    const auto top = access_of(source_.fd.get());
    if (!holder || !top) fail(path);
    if (!may_be_anothers_secret(entry, *holder) && !may_be_anothers_secret(entry, *top) &&
        !may_be_secret_to(source_.link_writers, entry))
        return;
    if (entry.status.st_nlink > 1 && !S_ISDIR(entry.status.st_mode))
        reject(path, "a hard link to a file that not everybody may read, and that its directory's owner may not own",
               fmt::format("cp {0} {0}.new && mv {0}.new {0} makes it a separate file; find {1} -links +1 -type f "
                           "lists all hard links",
                           quote((request_.source / path).native()), quote(request_.source.native())));
    reject(
        path,
        "it may be another user's: not everybody may read it, and users other than its owner may write the directory",
        fmt::format("chown --reference={1} {0}, as root, gives it to the site's owner; if a group may write {1}, "
                    "chmod g+r {0} as well",
                    quote((request_.source / path).native()), quote(request_.source.native())));
}

void Importer::copy_file(int from, int to, const std::string& name, const std::string& path) {
    const auto give_up = std::chrono::steady_clock::now() + k_brief_write;
    while (!try_to_copy_file(from, to, name, path)) {
        if (std::chrono::steady_clock::now() >= give_up) throw Unsettled{path};
        std::this_thread::sleep_for(k_between_attempts);
        if (::unlinkat(to, name.c_str(), 0) < 0 && errno != ENOENT) fail(path);
    }
    last_copied_ = path;
}

/// False if somebody has it open for writing, has changed it meanwhile, or has replaced it by something else.
bool Importer::try_to_copy_file(int from, int to, const std::string& name, const std::string& path) {
    // O_NONBLOCK: it may have become a FIFO in the meantime.
    const Fd in{::openat(from, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)};
    if (!in && (errno == ENOENT || errno == ELOOP || errno == ENXIO)) return false;
    if (!in && errno == EAGAIN) return false; // another process's write lease, which this open has broken
    const auto access = in ? access_of(in.get()) : std::nullopt;
    if (!access) fail(path);
    const auto& before = access->status;
    if (!S_ISREG(before.st_mode)) return false;
    const ReadLease lease{in.get()};
    if (lease.may_be_written(before)) return false;
    check_owner(*access, from, path);
    const auto mode = snapshot_mode(before.st_mode, path, request_.bin_name);
    const auto stamp = stamp_of(before);
    require_room(stamp.size_bytes);

    const Fd out{::openat(to, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)};
    if (!out) fail(path);
    const auto copied_before = result_.copied_bytes;
    auto digest = copy_bytes(in.get(), out.get(), path);
    const bool tainted = lease.broken(); // a writer that comes later waits until the lease is given back
    const auto lasting_stamp = unique_stamp(stamp);
    struct stat after = {};
    if (::fstat(in.get(), &after) < 0) fail(path);
    if (tainted || stamp_of(after) != stamp) {
        result_.copied_bytes = copied_before;
        return false;
    }
    if (::fchmod(out.get(), mode) < 0) fail(path);
    made_.insert(path);
    count(stamp.size_bytes);
    add(path, {TreeEntry::Type::file, mode, lasting_stamp, std::move(digest)});
    return true;
}

void Importer::require_room(std::uint64_t size_bytes) const {
    if (size_bytes > request_.limits.bytes || result_.bytes > request_.limits.bytes - size_bytes)
        reject_too_much(request_.source, size_text(request_.limits.bytes));
}

void Importer::count(std::uint64_t size_bytes) {
    require_room(size_bytes);
    result_.files += 1;
    result_.bytes += size_bytes;
    if (request_.progress) request_.progress(result_.bytes);
}

/// Takes no lease: if the stamp equals that of a file copied under a lease, the content is the copied one, whoever has
/// opened the file since. So an unchanged log or database does not delay the import.
bool Importer::share_unchanged(int from, int to, const std::string& name, const std::string& path,
                               const struct stat& st) {
    if (!previous_) return false;
    const auto found = request_.previous->index.find(path);
    if (found == request_.previous->index.end()) return false;
    const auto& entry = found->second;
    if (entry.type != TreeEntry::Type::file || entry.source != stamp_of(st) ||
        entry.mode != snapshot_mode(st.st_mode, path, request_.bin_name))
        return false;
    check_owner(access_of(from, name, st), from, path);
    // Links between snapshots, never to the upload: its owner could write through the link.
    if (::linkat(previous_.get(), path.c_str(), to, name.c_str(), 0) < 0) return false;
    count(entry.source.size_bytes);
    add(path, entry);
    return true;
}

/// Shares the blocks if the file system can (btrfs, xfs); reads `in` anyway, for the digest.
std::string Importer::copy_bytes(int in, int out, const std::string& path) {
    const bool shared = ::ioctl(out, FICLONE, in) == 0;
    Sha256 digest;
    std::uint64_t copied = 0;
    for (;;) {
        const auto n = ::read(in, buffer_.data(), buffer_.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) fail(path);
        if (n == 0) break;
        const std::string_view chunk{buffer_.data(), static_cast<std::size_t>(n)};
        digest.update(chunk);
        if (!shared) write(out, chunk, path);
        copied += chunk.size();
        if (copied > request_.limits.bytes) reject_too_much(path, size_text(request_.limits.bytes));
        if (request_.progress) request_.progress(result_.bytes + copied);
    }
    if (!shared && ::ftruncate(out, static_cast<off_t>(copied)) < 0) fail(path); // the file ends with a hole
    result_.copied_bytes += copied;
    return digest.hex();
}

/// Zeros become holes, as they may have been in the upload: a sparse file does not fill the disk.
void Importer::write(int out, std::string_view chunk, const std::string& path) {
    if (is_zero(chunk)) {
        if (::lseek(out, static_cast<off_t>(chunk.size()), SEEK_CUR) < 0) fail(path);
        return;
    }
    while (!chunk.empty()) {
        const auto n = ::write(out, chunk.data(), chunk.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) fail(path);
        chunk.remove_prefix(static_cast<std::size_t>(n));
    }
}

void Importer::add(const std::string& path, TreeEntry entry) {
    name_bytes_ += path.size() + entry.content.size();
    if (name_bytes_ > request_.limits.name_bytes)
        reject_too_much(request_.source,
                        fmt::format("{} of names and symlink targets", size_text(request_.limits.name_bytes)));
    result_.index.emplace(path, std::move(entry));
}

} // namespace

Imported import_tree(const ImportRequest& request) {
    return Importer{request}.run();
}

void clone_tree(const fs::path& source, const fs::path& destination, const TreeIndex& index) {
    std::error_code error;
    const auto check = [&](const fs::path& path) {
        if (error) fail_to_write(fmt::format("copying {}", quote(path.native())), error.value());
    };
    fs::create_directory(destination, error);
    check(destination);
    fs::permissions(destination, fs::perms{k_mode_program}, error);
    std::vector<std::string> directories{""};
    for (const auto& [path, entry] : index) { // a directory sorts before its entries
        const auto to = destination / path;
        switch (entry.type) {
        case TreeEntry::Type::directory:
            fs::create_directory(to, error);
            if (!error) fs::permissions(to, fs::perms{k_mode_program}, error);
            directories.push_back(path);
            break;
        case TreeEntry::Type::symlink:
            fs::create_symlink(entry.content, to, error);
            break;
        case TreeEntry::Type::file:
            fs::create_hard_link(source / path, to, error);
            break;
        }
        check(to);
    }
    sync_all(open_file(destination, O_RDONLY | O_DIRECTORY).get(), directories);
}

} // namespace baton::site
