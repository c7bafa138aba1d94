// SPDX-License-Identifier: MIT
#include "libbaton/request/spool.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <utility>

namespace baton::engine {
namespace {

/// An unnamed file: it vanishes with its descriptor, even if we crash.
Fd make_file() noexcept {
    const char* const chosen = std::getenv("TMPDIR");
    for (const char* const directory : {chosen, "/tmp"}) {
        if (directory == nullptr || *directory == '\0') continue;
        Fd file{::open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600)};
        if (file || errno == EMFILE || errno == ENFILE) return file;
    }
    return Fd{::memfd_create("request-body", MFD_CLOEXEC)};
}

/// A write beyond it would end the process by SIGXFSZ; setrlimit(2).
std::uint64_t most_file_bytes() noexcept {
    rlimit size{.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    (void)::getrlimit(RLIMIT_FSIZE, &size);
    return size.rlim_cur;
}

} // namespace

Spool::Spool(const http::Head& head, Bounds bounds)
    : limit_{bounds.body_bytes},
      file_limit_{most_file_bytes()},
      share_{bounds.room, std::move(bounds.address), bounds.all_bytes},
      file_{make_file()},
      kind_{head.body},
      left_{head.content_length} {
    if (!file_) state_ = State::no_room;
}

std::size_t Spool::take(std::string_view input) noexcept {
    if (state_ != State::more) return 0;
    if (kind_ == http::BodyKind::chunked) return take_chunks(input);
    const auto part = input.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size())));
    write(part);
    left_ -= part.size();
    if (left_ == 0 && state_ == State::more) state_ = State::whole;
    return part.size();
}

/// Joins small chunks: each write costs as much as some thousand bytes.
std::size_t Spool::take_chunks(std::string_view input) noexcept {
    std::array<char, 16 * 1024> joined{};
    std::size_t size = 0;
    const auto write_joined = [&] { write({joined.data(), std::exchange(size, 0)}); };
    std::size_t used = 0;
    while (used < input.size() && state_ == State::more && !decoder_.done() && !decoder_.malformed()) {
        const auto step = decoder_.step(input.substr(used));
        used += step.consumed;
        if (step.data.size() > joined.size() - size) write_joined();
        if (step.data.size() > joined.size()) {
            write(step.data);
        } else {
            std::copy(step.data.begin(), step.data.end(), joined.data() + size);
            size += step.data.size();
        }
    }
    write_joined();
    if (decoder_.malformed()) state_ = State::malformed;
    if (decoder_.done() && state_ == State::more) state_ = State::whole;
    return used;
}

void Spool::write(std::string_view data) noexcept {
    if (data.empty()) return;
    received_ += data.size();
    if (received_ > limit_) state_ = State::too_large;
    if (state_ == State::more && (received_ > file_limit_ || !share_.take(data.size()))) state_ = State::no_room;
    while (!data.empty() && state_ == State::more) {
        const auto written = ::write(file_.get(), data.data(), data.size());
        if (written > 0)
            data.remove_prefix(static_cast<std::size_t>(written));
        else if (errno != EINTR)
            state_ = State::no_room;
    }
}

ssize_t Spool::read(char* data, std::size_t size) noexcept {
    ssize_t got = -1;
    do {
        got = ::pread(file_.get(), data, size, static_cast<off_t>(read_));
    } while (got < 0 && errno == EINTR);
    if (got > 0) read_ += static_cast<std::uint64_t>(got);
    return got;
}

} // namespace baton::engine
