// SPDX-License-Identifier: MIT
#include "site/import.hpp"

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "site/read_lease.hpp"

#include <fmt/format.h>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

namespace baton::site {
namespace fs = std::filesystem;
namespace {

constexpr mode_t k_mode_plain = 0644;
constexpr mode_t k_mode_program = 0755;
constexpr std::size_t k_copy_buffer_bytes = 256 * 1024;

class Importer {
  public:
    explicit Importer(const ImportRequest& request)
        : request_{request}, source_{open_file(request.source, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)},
          buffer_(k_copy_buffer_bytes, '\0') {}

    Imported run() {
        make_directory(request_.destination, "the snapshot");
        const Fd top = open_file(request_.destination, O_RDONLY | O_DIRECTORY);
        if (::fchmod(top.get(), k_mode_program) < 0) fail("");
        copy_directory(source_.get(), top.get(), "", 0);
        check_symlinks(top.get());
        return std::move(result_);
    }

  private:
    void copy_directory(int from, int to, const std::string& path, std::uint64_t depth);
    void copy_entry(int from, int to, const std::string& name, const std::string& path, std::uint64_t depth);
    void copy_subdirectory(int from, int to, const std::string& name, const std::string& path, std::uint64_t depth);
    void copy_symlink(int from, int to, const std::string& name, const std::string& path);
    void copy_file(int from, int to, const std::string& name, const std::string& path);
    void check_symlinks(int top) const;
    bool share_unchanged(int to, const std::string& name, const std::string& path, const SourceStamp& stamp,
                         mode_t mode);
    std::string copy_bytes(int in, int out, const std::string& path);
    void add(const std::string& path, TreeEntry entry);

    static void make_directory(const fs::path& at, std::string_view what) {
        if (::mkdir(at.c_str(), k_mode_program) < 0)
            throw errno_error(fmt::format("creating {} {}", what, quote(at.native())));
    }
    [[noreturn]] static void reject(const std::string& path, std::string_view why) {
        throw Error{fmt::format("importing {}: {}", quote(path), why), ErrorKind::rejected};
    }
    [[noreturn]] static void fail(const std::string& path, int error_number = errno) {
        throw errno_error(fmt::format("importing {}", quote(path)), error_number);
    }

    const ImportRequest& request_;
    Fd source_;
    std::string buffer_;
    Imported result_;
    std::uint64_t entries_ = 0;
};

std::vector<std::string> list(int directory, const std::string& path) {
    Fd copy{::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    const std::unique_ptr<DIR, int (*)(DIR*)> stream{::fdopendir(copy.get()), ::closedir};
    if (!stream) throw errno_error(fmt::format("listing {}", quote(path)));
    (void)copy.release(); // closedir closes it
    std::vector<std::string> names;
    errno = 0;
    while (const auto* entry = ::readdir(stream.get())) {
        const std::string_view name{entry->d_name};
        if (name != "." && name != "..") names.emplace_back(name);
    }
    if (errno != 0) throw errno_error(fmt::format("listing {}", quote(path)));
    std::sort(names.begin(), names.end());
    return names;
}

void Importer::copy_directory(int from, int to, const std::string& path, std::uint64_t depth) {
    if (depth > request_.limits.depth)
        reject(path, fmt::format("more than {} directories deep", request_.limits.depth));
    for (const auto& name : list(from, path.empty() ? request_.source.native() : path)) {
        if (++entries_ > request_.limits.entries)
            reject(request_.source, fmt::format("more than {} entries", request_.limits.entries));
        copy_entry(from, to, name, path.empty() ? name : path + "/" + name, depth);
    }
    if (::fsync(to) < 0) fail(path);
}

void Importer::copy_entry(int from, int to, const std::string& name, const std::string& path, std::uint64_t depth) {
    if (path.size() > request_.limits.path_bytes)
        reject(path, fmt::format("a name of more than {} bytes", request_.limits.path_bytes));
    struct stat st {};
    if (::fstatat(from, name.c_str(), &st, AT_SYMLINK_NOFOLLOW) < 0) {
        if (errno == ENOENT) throw Unsettled{path};
        fail(path);
    }
    switch (st.st_mode & S_IFMT) {
    case S_IFDIR:
        return copy_subdirectory(from, to, name, path, depth);
    case S_IFLNK:
        return copy_symlink(from, to, name, path);
    case S_IFREG:
        return copy_file(from, to, name, path);
    default:
        result_.warnings.push_back(fmt::format("leaving out {}: neither file, directory nor symlink", quote(path)));
    }
}

void Importer::copy_subdirectory(int from, int to, const std::string& name, const std::string& path,
                                 std::uint64_t depth) {
    const Fd in{::openat(from, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!in && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)) throw Unsettled{path};
    if (!in || ::mkdirat(to, name.c_str(), k_mode_program) < 0) fail(path);
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
    if (text.starts_with('/'))
        reject(path, fmt::format("a symlink to the absolute path {}; make it relative", quote(text)));
    if (::symlinkat(text.c_str(), to, name.c_str()) < 0) fail(path);
    add(path, {TreeEntry::Type::symlink, 0777, {}, text});
}

/// Looks at the finished snapshot, which nobody else can change.
void Importer::check_symlinks(int top) const {
    for (const auto& [path, entry] : result_.index) {
        if (entry.type != TreeEntry::Type::symlink) continue;
        const Fd inside = open_beneath(top, path, O_PATH);
        if (!inside && errno == EXDEV)
            reject(path, fmt::format("a symlink out of the site's directory, to {}", quote(entry.content)));
        // One that leads nowhere is the uploader's business.
        if (!inside && errno != ENOENT && errno != ELOOP && errno != ENOTDIR) fail(path);
    }
}

void Importer::copy_file(int from, int to, const std::string& name, const std::string& path) {
    // O_NONBLOCK: it may have become a FIFO since it was looked at.
    const Fd in{::openat(from, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)};
    if (!in && (errno == ENOENT || errno == ELOOP || errno == ENXIO)) throw Unsettled{path};
    struct stat before {};
    if (!in || ::fstat(in.get(), &before) < 0) fail(path);
    if (!S_ISREG(before.st_mode)) throw Unsettled{path};
    const ReadLease lease{in.get()};
    if (lease.state() == ReadLease::State::writer) throw Unsettled{path};

    const bool program = path == request_.bin_name || (before.st_mode & 0111U) != 0;
    const mode_t mode = program ? k_mode_program : k_mode_plain;
    const auto stamp = stamp_of(before);
    result_.files += 1;
    result_.bytes += stamp.size_bytes;
    if (result_.bytes > request_.limits.bytes)
        reject(request_.source, fmt::format("more than {}", size_text(request_.limits.bytes)));
    if (share_unchanged(to, name, path, stamp, mode)) return;

    const Fd out{::openat(to, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)};
    if (!out) fail(path);
    auto digest = copy_bytes(in.get(), out.get(), path);
    struct stat after {};
    if (::fstat(in.get(), &after) < 0) fail(path);
    if (lease.broken() || stamp_of(after) != stamp) throw Unsettled{path};
    if (::fchmod(out.get(), mode) < 0 || ::fsync(out.get()) < 0) fail(path);
    add(path, {TreeEntry::Type::file, mode, stamp, std::move(digest)});
}

bool Importer::share_unchanged(int to, const std::string& name, const std::string& path, const SourceStamp& stamp,
                               mode_t mode) {
    if (!request_.previous) return false;
    const auto found = request_.previous->index.find(path);
    if (found == request_.previous->index.end()) return false;
    const auto& entry = found->second;
    if (entry.type != TreeEntry::Type::file || entry.source != stamp || entry.mode != mode) return false;
    // Between snapshots, never with the upload: whoever owns that could write through the link.
    if (::linkat(AT_FDCWD, (request_.previous->tree / path).c_str(), to, name.c_str(), 0) < 0) return false;
    add(path, entry);
    return true;
}

std::string Importer::copy_bytes(int in, int out, const std::string& path) {
    Sha256 digest;
    std::uint64_t copied = 0;
    for (;;) {
        const auto n = ::read(in, buffer_.data(), buffer_.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) fail(path);
        if (n == 0) break;
        const std::string_view chunk{buffer_.data(), static_cast<std::size_t>(n)};
        digest.update(chunk);
        write_all(out, chunk, path);
        copied += chunk.size();
        if (copied > request_.limits.bytes) reject(path, fmt::format("more than {}", size_text(request_.limits.bytes)));
    }
    result_.copied_bytes += copied;
    return digest.hex();
}

void Importer::add(const std::string& path, TreeEntry entry) {
    result_.index.emplace(path, std::move(entry));
}

} // namespace

Imported import_tree(const ImportRequest& request) {
    return Importer{request}.run();
}

void clone_tree(const fs::path& source, const fs::path& destination, const TreeIndex& index) {
    std::error_code error;
    const auto check = [&](const fs::path& path) {
        if (error) throw Error{fmt::format("copying {}: {}", quote(path.native()), error.message())};
    };
    fs::create_directory(destination, error);
    check(destination);
    fs::permissions(destination, fs::perms{k_mode_program}, error);
    for (const auto& [path, entry] : index) { // a directory sorts before what is in it
        const auto to = destination / path;
        switch (entry.type) {
        case TreeEntry::Type::directory:
            fs::create_directory(to, error);
            if (!error) fs::permissions(to, fs::perms{k_mode_program}, error);
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
    sync_directory(destination);
}

} // namespace baton::site
