// SPDX-License-Identifier: MIT
// A temporary directory for one test, removed afterwards; if the test fails, it stays, and its path is reported.
#pragma once

#include <doctest/doctest.h>

#include <sys/stat.h>

#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>

namespace baton::test {

/// Whether an assertion of the running test case has failed.
[[nodiscard]] bool test_has_failed() noexcept;

class Scratch {
  public:
    Scratch() {
        std::string name = std::filesystem::canonical(std::filesystem::temp_directory_path()) / "baton-unit-XXXXXX";
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~Scratch() {
        if (test_has_failed() || std::uncaught_exceptions() > 0) {
            std::cerr << "the test's files stay in " << path_ << '\n';
            return;
        }
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
    [[nodiscard]] std::filesystem::path operator/(const std::filesystem::path& name) const { return path_ / name; }

    /// Writes `content`, makes the directories it takes, and returns the file's path.
    std::filesystem::path write(const std::filesystem::path& name, std::string_view content) const {
        const auto file = path_ / name;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream{file, std::ios::binary} << content;
        return file;
    }

  private:
    std::filesystem::path path_;
};

[[nodiscard]] inline std::string content_of(const std::filesystem::path& path) {
    std::ifstream in{path, std::ios::binary};
    REQUIRE(in.good());
    std::ostringstream content;
    content << in.rdbuf();
    return std::move(content).str();
}

/// lstat(2) that must succeed.
[[nodiscard]] inline struct stat look_at(const std::filesystem::path& path) {
    struct stat st = {};
    REQUIRE(::lstat(path.c_str(), &st) == 0);
    return st;
}

[[nodiscard]] inline unsigned mode_of(const std::filesystem::path& path) {
    return look_at(path).st_mode & 07777U;
}

} // namespace baton::test
