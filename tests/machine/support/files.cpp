// SPDX-License-Identifier: MIT
#include "support/files.hpp"

#include <doctest/doctest.h>

#include <elf.h>

#include <cstddef>
#include <fstream>
#include <iterator>

namespace machine {
namespace fs = std::filesystem;

void write_file(const fs::path& path, std::string_view text) {
    std::ofstream file{path, std::ios::binary | std::ios::trunc};
    file << text << std::flush;
    REQUIRE_MESSAGE(file.good(), "writing " << path.native());
}

std::string read_file(const fs::path& path) {
    std::ifstream file{path, std::ios::binary};
    REQUIRE_MESSAGE(file.good(), "reading " << path.native());
    return {std::istreambuf_iterator<char>{file}, {}};
}

void copy_for_another_architecture(const fs::path& program, const fs::path& to) {
    auto bytes = read_file(program);
    bytes[offsetof(Elf64_Ehdr, e_machine)] = static_cast<char>(EM_S390);
    bytes[offsetof(Elf64_Ehdr, e_machine) + 1] = 0;
    write_file(to, bytes);
}

void copy_with_missing_library(const fs::path& program, const fs::path& to) {
    constexpr std::string_view k_needed{"\0libc.so.6\0", 11}; // in the string table of the dynamic section
    auto bytes = read_file(program);
    const auto at = bytes.find(k_needed);
    REQUIRE(at != bytes.npos);
    bytes[at + k_needed.size() - 2] = '9';
    write_file(to, bytes);
}

} // namespace machine
