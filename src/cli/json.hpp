// SPDX-License-Identifier: MIT
// Output for programs: one object per command, with "version" and every field; an empty field is null.
#pragma once

#include "base/error.hpp"
#include "deploy/pursuit.hpp"
#include "site/release/manifest.hpp"

#include <nlohmann/json.hpp>

#include <optional>

namespace baton::cli {

using Json = nlohmann::ordered_json;
inline constexpr int k_json_version = 1;

template <typename Value>
[[nodiscard]] Json or_null(const std::optional<Value>& value) {
    return value ? Json(*value) : Json(nullptr);
}

/// The last lines of the release's program before it failed; null if there are none, or if this reader may not see
/// them.
[[nodiscard]] Json evidence_json(const site::Manifest& manifest);

/// A release's record and evidence.
[[nodiscard]] Json manifest_json(const site::Manifest& manifest);

/// `object` with "version" before its members, on lines; replaces bytes that are not UTF-8.
[[nodiscard]] std::string json_text(const Json& object);
void print_json(const Json& object);

/// Prints the outcome of an operation that makes a release live, or of a failed one.
void print_deployed(const deploy::SiteContext& context, const deploy::Deployed& deployed);
void print_error(const Error& error);

} // namespace baton::cli
