// SPDX-License-Identifier: MIT
// Files as uploaders write them, and as tests compare them.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace machine {

/// Opens, truncates, writes, closes: what an editor does that writes in place.
void write_file(const std::filesystem::path& path, std::string_view text);
std::string read_file(const std::filesystem::path& path);

/// A copy of an ELF program for a machine that this one is not.
void copy_for_another_architecture(const std::filesystem::path& program, const std::filesystem::path& to);
/// A copy of an ELF program that needs a shared library nobody has, in place of the C library.
void copy_with_missing_library(const std::filesystem::path& program, const std::filesystem::path& to);

} // namespace machine
