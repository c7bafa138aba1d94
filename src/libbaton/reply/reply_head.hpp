// SPDX-License-Identifier: MIT
// The head of a reply, as text.
#pragma once

#include "libbaton/io/output.hpp"

#include <httplib.h>

#include <cstdint>
#include <string_view>

namespace baton::engine {

/// What determines the framing of the body: the length of Response::body, or the fields of the response.
enum class LengthField : std::uint8_t { ours, as_it_is };

void append_status_line(Output& output, int status);
/// Appends the whole head, with a Date and, if not empty, `connection` as the Connection field. Throws std::bad_alloc.
void append_head(Output& output, const httplib::Response& response, LengthField length, std::string_view connection);

} // namespace baton::engine
