// SPDX-License-Identifier: MIT
// Notes of ELF programs: what is read of good ones, and that damaged ones cost nothing.
#include "base/elf_notes.hpp"

#include "scratch.hpp"

#include <doctest/doctest.h>

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace baton {
namespace {

bool has(const std::vector<std::string>& owners, const std::string& owner) {
    return std::find(owners.begin(), owners.end(), owner) != owners.end();
}

std::string bytes_of(const std::filesystem::path& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

/// A program with one note segment of this content, and nothing else.
std::string program(const std::string& notes, std::uint64_t claimed_bytes) {
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_phoff = sizeof header;
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = 1;
    Elf64_Phdr segment{};
    segment.p_type = PT_NOTE;
    segment.p_offset = sizeof header + sizeof segment;
    segment.p_filesz = claimed_bytes;
    std::string text(sizeof header + sizeof segment, '\0');
    std::memcpy(text.data(), &header, sizeof header);
    std::memcpy(text.data() + sizeof header, &segment, sizeof segment);
    return text + notes;
}

std::string note(const std::string& owner, std::uint32_t claimed_name_bytes) {
    const Elf64_Nhdr header{.n_namesz = claimed_name_bytes, .n_descsz = 4, .n_type = 1};
    std::string text(sizeof header, '\0');
    std::memcpy(text.data(), &header, sizeof header);
    auto name = owner + '\0';
    name.resize((name.size() + 3) / 4 * 4);
    return text + name + std::string(4, '\0');
}

} // namespace

TEST_CASE("a program has the notes of its compiler, and that of libbaton if it was linked with it") {
    const auto own = elf_note_owners("/proc/self/exe");
    CHECK(has(own, "GNU"));
    CHECK_FALSE(has(own, k_note_of_libbaton));
    CHECK(has(elf_note_owners(BATON_HELLO), k_note_of_libbaton));
}

TEST_CASE("what is not a program has no notes") {
    const test::Scratch scratch;
    CHECK(elf_note_owners((scratch / "missing").native()).empty());
    CHECK(elf_note_owners(scratch.write("script", "#!/bin/sh\nexec true\n").native()).empty());
    CHECK(elf_note_owners(scratch.write("empty", "").native()).empty());
    CHECK(elf_note_owners("/dev/null").empty());
    CHECK(elf_note_owners("/").empty());
}

TEST_CASE("a damaged program has the notes before the damage") {
    const test::Scratch scratch;
    const auto owners = [&](const std::string& text) { return elf_note_owners(scratch.write("p", text).native()); };
    const auto two = note("baton", 6) + note("Go", 3);
    CHECK(owners(program(two, two.size())) == std::vector<std::string>{"baton", "Go"});
    CHECK(owners(program(two, ~0ULL)) == std::vector<std::string>{"baton", "Go"});
    CHECK(owners(program(two, 15)).empty());
    CHECK(owners(program(note("baton", 0xFFFFFFFF), 64)).empty());
    CHECK(owners(program(two, two.size()).substr(0, 100)).empty());
    const auto hello = bytes_of(BATON_HELLO);
    for (std::size_t bytes = 0; bytes < 4096; bytes += 7)
        (void)owners(hello.substr(0, bytes));
}

} // namespace baton
