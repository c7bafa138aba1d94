// SPDX-License-Identifier: MIT
// The only exception type: what was being done, to what, why it failed, and what to type next.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace baton {

/// The kind of error, by what the caller can do about it. Each kind is an exit status of the command line.
enum class ErrorKind {
    failed,      ///< the action or the query failed
    usage,       ///< wrong usage
    rejected,    ///< the release never took over; nothing changed
    rolled_back, ///< the release took over and was rolled back
    busy,        ///< another deploy of the same site runs
    config,      ///< watch.conf is invalid; nothing changed
};

/// The exit status of the command line for `kind`: 1, 2, 3, 4, 75 (EX_TEMPFAIL), 78 (EX_CONFIG); sysexits.h(3head).
[[nodiscard]] int exit_status(ErrorKind kind) noexcept;

/// "doing: to what: cause": gerunds from the outside in, names in single quotes, no "Failed to".
class Error : public std::runtime_error {
  public:
    explicit Error(std::string message, ErrorKind kind = ErrorKind::failed, std::string hint = {});

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
