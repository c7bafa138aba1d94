// SPDX-License-Identifier: MIT
// Every refusal stands in the journal too: the one who asked for a deploy may not be the one who reads.
#pragma once

#include "base/error.hpp"
#include "deploy/context.hpp"

#include <fmt/format.h>

namespace baton::deploy {

/// An error that the journal has, with its fields; whoever writes to the journal anyway need not repeat it.
class RecordedError : public Error {
  public:
    using Error::Error;
    explicit RecordedError(const Error& error) : Error{error} {}
};

/// Runs `operation`; an Error it throws is recorded and thrown on as RecordedError.
template <typename Operation>
auto recorded(SiteContext& context, Operation operation) {
    try {
        return operation();
    } catch (const RecordedError&) {
        throw;
    } catch (const Error& error) {
        const auto event = error.kind() == ErrorKind::config        ? Event::conf_refused
                           : error.kind() == ErrorKind::rolled_back ? Event::warning // what it went back to is told
                                                                    : Event::release_rejected;
        const auto hint = error.hint().empty() ? "" : "\nhint: " + error.hint();
        context.story.record(event, sd::Priority::error, error.what() + hint);
        throw RecordedError{error};
    }
}

} // namespace baton::deploy
