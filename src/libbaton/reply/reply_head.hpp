// SPDX-License-Identifier: MIT
// The head of a reply, as text.
#pragma once

#include "libbaton/io/output.hpp"

#include <httplib.h>

#include <cstdint>
#include <string_view>

namespace baton::engine {

/// Whose word on the body's framing goes out: the length of Response::body, or the fields that the response has.
enum class LengthField : std::uint8_t { ours, as_it_is };

/// Appends all of it, with `connection` as the Connection field, if that is not empty, and a Date. Throws
/// std::bad_alloc.
void append_head(Output& output, const httplib::Response& response, LengthField length, std::string_view connection);

} // namespace baton::engine
