// SPDX-License-Identifier: MIT
// The notes of an ELF program, elf(5): what those who made it say of it. Go's linker and libbaton each leave one.
#pragma once

#include <string>
#include <vector>

namespace baton {

/// The names of the owners, such as "GNU", "Go" and "baton". Empty if `program` is not a 64-bit ELF file of this
/// machine's byte order, is damaged, or cannot be read. Reads a bounded part of it, whatever it says.
[[nodiscard]] std::vector<std::string> elf_note_owners(const std::string& program);

/// The owner of the note by which baton recognizes a program that holds back until it is told to accept.
inline constexpr const char* k_note_of_libbaton = "baton";

} // namespace baton
