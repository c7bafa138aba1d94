// SPDX-License-Identifier: MIT
// An error that the journal has already, with its fields; whoever writes to the journal anyway need not repeat it.
#pragma once

#include "base/error.hpp"

namespace baton::deploy {

class RecordedError : public Error {
  public:
    using Error::Error;
    explicit RecordedError(const Error& error) : Error{error} {}
};

} // namespace baton::deploy
