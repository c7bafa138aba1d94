// SPDX-License-Identifier: MIT
// The only exception type: what was being done, to what, why it failed, and what to type next.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace baton {

/// The kind of error, by what the caller can do about it. Who knows of more kinds defines them in namespace error_kind.
struct ErrorKind {
    std::string_view name; ///< for programs
    int exit_status;       ///< of the command line
    bool operator==(const ErrorKind& other) const noexcept { return exit_status == other.exit_status; }
};

namespace error_kind {
inline constexpr ErrorKind failed{"failed", 1};  ///< the action or the query failed
inline constexpr ErrorKind usage{"usage", 2};    ///< wrong usage
inline constexpr ErrorKind config{"config", 78}; ///< a configuration is invalid; EX_CONFIG of sysexits.h(3head)
} // namespace error_kind

/// "doing: to what: cause": gerunds from the outside in, names in single quotes, no "Failed to".
class Error : public std::runtime_error {
  public:
    explicit Error(std::string message, ErrorKind kind = error_kind::failed, std::string hint = {});

    [[nodiscard]] ErrorKind kind() const noexcept { return kind_; }
    /// What to type next; may be empty.
    [[nodiscard]] const std::string& hint() const noexcept { return hint_; }
    /// The same error with outer context: "context: message".
    [[nodiscard]] Error within(std::string_view context) const;
    /// The same error with another hint.
    [[nodiscard]] Error with_hint(std::string hint) const;

  private:
    ErrorKind kind_;
    std::string hint_;
};

/// "doing: strerror(error_number)"; the default number is errno.
[[nodiscard]] Error errno_error(std::string_view doing);
[[nodiscard]] Error errno_error(std::string_view doing, int error_number);

} // namespace baton
