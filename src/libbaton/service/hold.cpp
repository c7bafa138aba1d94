// SPDX-License-Identifier: MIT
#include "libbaton/service/hold.hpp"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

// An ELF note, elf(5): by its owner baton recognizes a program that holds back, without running it (k_note_of_libbaton
// of base/elf_notes.hpp). The fields: sizes of name and content, type; name; content.
asm(".pushsection .note.baton, \"a\", %note\n"
    ".balign 4\n"
    ".long 6, 4, 1\n"
    ".asciz \"baton\"\n"
    ".balign 4\n"
    ".long 1\n"
    ".popsection\n");

namespace baton::service {
namespace {

std::string variable(const char* name) {
    const char* const text = std::getenv(name);
    return text == nullptr ? std::string{} : std::string{text};
}

} // namespace

std::optional<Hold> Hold::from_environment() {
    const auto holder = variable("BATON_HOLD");
    if (holder.empty()) return std::nullopt;
    Hold hold;
    hold.live_ = variable("BATON_LIVE");
    hold.release_ = variable("BATON_RELEASE");
    const auto pid = std::strtol(holder.c_str(), nullptr, 10);
    hold.process_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); // pidfd_open(2); needs no privilege
    const bool sees_others = ::getpid() != 1;
    if (hold.process_)
        hold.baton_ = Baton::lives;
    else if (errno == ESRCH && sees_others)
        hold.baton_ = Baton::has_died;
    return hold;
}

bool Hold::baton_lives() const {
    if (baton_ != Baton::lives) return baton_ == Baton::unknown;
    pollfd wanted{.fd = process_.get(), .events = POLLIN, .revents = 0};
    return ::poll(&wanted, 1, 0) <= 0;
}

bool Hold::is_live() const {
    std::error_code error;
    return std::filesystem::read_symlink(live_, error).filename() == release_;
}

} // namespace baton::service
