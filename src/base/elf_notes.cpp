// SPDX-License-Identifier: MIT
#include "base/elf_notes.hpp"

#include "base/fd.hpp"

#include <elf.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace baton {
namespace {

constexpr std::size_t k_most_segments = 64;
constexpr std::size_t k_most_note_bytes = 64UL * 1024; // of one segment

/// Fewer than `bytes` at the end of the file.
std::string read_at(int fd, std::uint64_t offset, std::size_t bytes) {
    std::string text(bytes, '\0');
    const auto n = ::pread(fd, text.data(), bytes, static_cast<off_t>(offset));
    text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return text;
}

template <typename Header>
bool read_header(std::string_view bytes, Header& header) {
    if (bytes.size() < sizeof header) return false;
    std::memcpy(&header, bytes.data(), sizeof header);
    return true;
}

bool is_of_this_kind(const Elf64_Ehdr& header) {
    constexpr unsigned char k_data = std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;
    return std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 && header.e_ident[EI_CLASS] == ELFCLASS64 &&
           header.e_ident[EI_DATA] == k_data && header.e_phentsize == sizeof(Elf64_Phdr);
}

/// Removes `bytes`, and what aligns the next, from the front of `text`.
void skip(std::string_view& text, std::size_t bytes) {
    constexpr std::size_t k_alignment = 4;
    text.remove_prefix(std::min((bytes + k_alignment - 1) / k_alignment * k_alignment, text.size()));
}

void add_owners(std::string_view notes, std::vector<std::string>& owners) {
    Elf64_Nhdr header{};
    while (read_header(notes, header)) {
        notes.remove_prefix(sizeof header);
        if (header.n_namesz > notes.size()) return;
        const auto name = notes.substr(0, header.n_namesz);
        owners.emplace_back(name.substr(0, name.find('\0')));
        skip(notes, header.n_namesz);
        if (header.n_descsz > notes.size()) return;
        skip(notes, header.n_descsz);
    }
}

} // namespace

std::vector<std::string> elf_note_owners(const std::string& program) {
    std::vector<std::string> owners;
    const Fd fd{::open(program.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)};
    Elf64_Ehdr header{};
    if (!fd || !read_header(read_at(fd.get(), 0, sizeof header), header) || !is_of_this_kind(header)) return owners;
    const auto count = std::min<std::size_t>(header.e_phnum, k_most_segments);
    const auto segments = read_at(fd.get(), header.e_phoff, count * sizeof(Elf64_Phdr));
    Elf64_Phdr segment{};
    for (std::string_view rest = segments; read_header(rest, segment); rest.remove_prefix(sizeof segment))
        if (segment.p_type == PT_NOTE)
            add_owners(read_at(fd.get(), segment.p_offset,
                               static_cast<std::size_t>(std::min<std::uint64_t>(segment.p_filesz, k_most_note_bytes))),
                       owners);
    return owners;
}

} // namespace baton
