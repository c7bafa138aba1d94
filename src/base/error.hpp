// SPDX-License-Identifier: MIT
// The one exception type: what was being done, to what, why it failed, and what to type next.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace baton {

/// What went wrong, by what the caller can do about it. Each kind is an exit status of the command line.
enum class ErrorKind {
    failed,      ///< could not do it or find out
    usage,       ///< the call was wrong
    rejected,    ///< the release never took over; nothing changed
    rolled_back, ///< the release took over and went back
    busy,        ///< another deploy of the same site runs
    config,      ///< watch.conf is invalid; nothing changed
};

/// The exit status of the command line for `kind`: 1, 2, 3, 4, 75 (EX_TEMPFAIL), 78 (EX_CONFIG); sysexits.h(3head).
[[nodiscard]] int exit_status(ErrorKind kind) noexcept;

/// "doing: to what: cause", gerund chain from outside in, names in single quotes, no "Failed to".
class Error : public std::runtime_error {
  public:
    explicit Error(std::string message, ErrorKind kind = ErrorKind::failed, std::string hint = {});

    [[nodiscard]] ErrorKind kind() const noexcept { return kind_; }
    /// What to type next; empty when there is nothing to say.
    [[nodiscard]] const std::string& hint() const noexcept { return hint_; }
    /// The same error, told from further out: "context: message".
    [[nodiscard]] Error within(std::string_view context) const;
    /// The same error with another hint.
    [[nodiscard]] Error with_hint(std::string hint) const;

  private:
    ErrorKind kind_;
    std::string hint_;
};

/// "doing: strerror(error_number)"; takes errno where the number is not given.
[[nodiscard]] Error errno_error(std::string_view doing);
[[nodiscard]] Error errno_error(std::string_view doing, int error_number);

} // namespace baton
