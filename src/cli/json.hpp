// SPDX-License-Identifier: MIT
// Output for programs: one object a command, with "version", every field always there and null when empty.
#pragma once

#include "base/error.hpp"
#include "deploy/pursuit.hpp"
#include "site/manifest.hpp"

#include <nlohmann/json.hpp>

#include <optional>

namespace baton::cli {

using Json = nlohmann::ordered_json;
inline constexpr int k_json_version = 1;

template <typename Value>
[[nodiscard]] Json or_null(const std::optional<Value>& value) {
    return value ? Json(*value) : Json(nullptr);
}

/// The last lines that the release's program printed before it failed; null when there are none, or not for this
/// reader.
[[nodiscard]] Json evidence_json(const site::Manifest& manifest);

/// What is recorded of a release: its record, and the evidence.
[[nodiscard]] Json manifest_json(const site::Manifest& manifest);

/// Prints `object` with "version" before its members; bytes that are no UTF-8 are replaced.
void print_json(const Json& object);

/// The outcome of an operation that makes a release live, and of one that could not.
void print_deployed(const deploy::SiteContext& context, const deploy::Deployed& deployed);
void print_error(const Error& error);

} // namespace baton::cli
