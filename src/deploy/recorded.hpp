// SPDX-License-Identifier: MIT
// An error that is already in the journal, with its fields: a caller that writes to the journal need not repeat it.
#pragma once

#include "base/error.hpp"

namespace baton::deploy {

class RecordedError : public Error {
  public:
    using Error::Error;
    explicit RecordedError(const Error& error) : Error{error} {}
};

} // namespace baton::deploy
