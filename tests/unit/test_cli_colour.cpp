// SPDX-License-Identifier: MIT
// Where colour may be.
#include "base/fd.hpp"
#include "cli/colour.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <string>

namespace baton::cli {
namespace {

/// Sets a variable, or unsets it, until the end of the test.
class Variable {
  public:
    Variable(const char* name, const char* value) : name_{name} {
        if (const char* const text = std::getenv(name)) before_ = text;
        value == nullptr ? ::unsetenv(name) : ::setenv(name, value, 1);
    }
    ~Variable() { before_ ? ::setenv(name_, before_->c_str(), 1) : ::unsetenv(name_); }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;

  private:
    const char* name_;
    std::optional<std::string> before_ = std::nullopt;
};

Fd terminal() {
    Fd master{::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
    REQUIRE(master);
    REQUIRE(::grantpt(master.get()) == 0);
    REQUIRE(::unlockpt(master.get()) == 0);
    return master;
}

TEST_CASE("colour is for a terminal, unless it is dumb or NO_COLOR is not empty") {
    const auto pty = terminal();
    const Fd file{::open("/dev/null", O_RDWR | O_CLOEXEC)};
    const Variable term{"TERM", "xterm"};
    const Variable none{"NO_COLOR", nullptr};
    CHECK(is_vivid(pty.get()));
    CHECK_FALSE(is_vivid(file.get()));
    {
        const Variable empty{"NO_COLOR", ""};
        CHECK(is_vivid(pty.get()));
    }
    for (const auto* const value : {"1", "0", "false"}) {
        const Variable set{"NO_COLOR", value};
        CHECK_FALSE(is_vivid(pty.get()));
    }
    for (const auto* const value : {"dumb", "", static_cast<const char*>(nullptr)}) {
        const Variable dumb{"TERM", value};
        CHECK_FALSE(is_vivid(pty.get()));
    }
}

TEST_CASE("what has no colour is as it is") {
    CHECK(painted(Colour::none, "x") == "x");
    CHECK(painted(Colour::good, "x") == "\033[32mx\033[0m");
    CHECK(painted(Colour::bad, "x") == "\033[31mx\033[0m");
}

} // namespace
} // namespace baton::cli
