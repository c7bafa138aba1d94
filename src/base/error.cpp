// SPDX-License-Identifier: MIT
#include "base/error.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

namespace baton {

Error::Error(std::string message, ErrorKind kind, std::string hint)
    : std::runtime_error{std::move(message)}, kind_{kind}, hint_{std::move(hint)} {}

Error Error::within(std::string_view context) const {
    return Error{std::string{context} + ": " + what(), kind_, hint_};
}

Error Error::with_hint(std::string hint) const {
    return Error{what(), kind_, std::move(hint)};
}

Error errno_error(std::string_view doing) {
    return errno_error(doing, errno);
}

Error errno_error(std::string_view doing, int error_number) {
    return Error{std::string{doing} + ": " + std::system_category().message(error_number)};
}

} // namespace baton
