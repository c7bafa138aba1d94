// SPDX-License-Identifier: MIT
#include "site/release/manifest.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "site/conf/conf_keys.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace baton::site {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::pair<Outcome, std::string_view>, 5> k_outcomes{{
    {Outcome::pending, "pending"},
    {Outcome::rejected, "rejected"},
    {Outcome::accepted, "accepted"},
    {Outcome::rolled_back, "rolled-back"},
    {Outcome::dropped, "dropped"},
}};

constexpr std::array<std::string_view, 4> k_proofs{"unknown", "none", "held", "preflight"};

/// A word that only a newer baton knows is unknown.
Proof proof_from(std::string_view text) {
    const auto found = std::find(k_proofs.begin(), k_proofs.end(), text);
    return found == k_proofs.end() ? Proof::unknown : static_cast<Proof>(found - k_proofs.begin());
}

Outcome outcome_from(std::string_view text) {
    for (const auto& [outcome, name] : k_outcomes)
        if (name == text) return outcome;
    throw Error{fmt::format("unknown outcome {}", quote(text))};
}

/// nlohmann's get<int>() turns 4294967297 into 1.
int small_number(const Json& json) {
    const bool fits =
        json.is_number_integer() && json.get<double>() >= 0 && json.get<double>() <= std::numeric_limits<int>::max();
    if (!fits)
        throw Error{fmt::format("found {}, expected a number from 0 to {}", printable(json.dump()),
                                std::numeric_limits<int>::max())};
    return json.get<int>();
}

Json optional_json(const std::optional<Time>& time) {
    return time ? Json(iso8601(*time)) : Json(nullptr);
}

std::optional<std::string> optional_text(const Json& json) {
    return json.is_null() ? std::nullopt : std::optional{json.get<std::string>()};
}
std::optional<Time> optional_time(const Json& json) {
    return json.is_null() ? std::nullopt : std::optional{parse_iso8601(json.get<std::string>())};
}

Manifest manifest_from(const Json& json) {
    if (const int version = small_number(json.at("version")); version > k_manifest_version)
        throw Error{fmt::format("version {} is newer than this baton's {}", version, k_manifest_version)};
    Manifest manifest;
    manifest.release = small_number(json.at("release"));
    if (const auto& of = json.at("copy_of"); !of.is_null()) manifest.copy_of = small_number(of);
    manifest.conf = conf_from_manifest(json.at("watch_conf"));
    manifest.program_sha256 = json.at("program_sha256").get<std::string>();
    manifest.tree_sha256 = json.at("tree_sha256").get<std::string>();
    manifest.files = json.at("files").get<std::uint64_t>();
    manifest.bytes = json.at("bytes").get<std::uint64_t>();
    manifest.created = parse_iso8601(json.at("created").get<std::string>());
    manifest.outcome = outcome_from(json.at("outcome").get<std::string>());
    manifest.failed_step = optional_text(json.at("failed_step")).value_or("");
    manifest.set_reason(optional_text(json.at("reason")).value_or(""));
    manifest.live_since = optional_time(json.at("live_since"));
    manifest.live_until = optional_time(json.at("live_until"));
    manifest.step_ms = json.at("step_ms").get<std::map<std::string, double>>();
    manifest.settings_sha256 = json.value("settings_sha256", "");
    manifest.proof = proof_from(json.value("proof", ""));
    if (const auto found = json.find("nonblocking"); found != json.end()) manifest.nonblocking = found->get<bool>();
    manifest.warnings = json.value("warnings", std::vector<std::string>{});
    if (const auto kept = json.find("has_snapshot"); kept != json.end()) manifest.has_snapshot = kept->get<bool>();
    return manifest;
}

} // namespace

std::string_view outcome_text(Outcome outcome) noexcept {
    for (const auto& [value, name] : k_outcomes)
        if (value == outcome) return name;
    return "?";
}

std::string_view proof_text(Proof proof) noexcept {
    return k_proofs[static_cast<std::size_t>(proof)];
}

void Manifest::set_reason(std::string_view text) {
    constexpr std::string_view k_mark = "  | ";
    const auto end = std::min(text.find('\n'), text.size());
    reason = text.substr(0, end);
    evidence.clear();
    for (auto rest = text.substr(end); !rest.empty();) {
        rest.remove_prefix(1);
        auto line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(line.size());
        if (line.starts_with(k_mark)) line.remove_prefix(k_mark.size());
        evidence += std::string{line} + "\n";
    }
}

std::string to_json(const Manifest& manifest) {
    const auto or_null = [](const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); };
    Json json{{"version", k_manifest_version},
              {"release", manifest.release},
              {"copy_of", manifest.copy_of ? Json(*manifest.copy_of) : Json(nullptr)},
              {"watch_conf", conf_to_manifest(manifest.conf)},
              {"program_sha256", manifest.program_sha256},
              {"tree_sha256", manifest.tree_sha256},
              {"files", manifest.files},
              {"bytes", manifest.bytes},
              {"created", iso8601(manifest.created)},
              {"outcome", outcome_text(manifest.outcome)},
              {"failed_step", or_null(manifest.failed_step)},
              {"reason", or_null(manifest.reason)},
              {"live_since", optional_json(manifest.live_since)},
              {"live_until", optional_json(manifest.live_until)},
              {"step_ms", manifest.step_ms}};
    if (!manifest.warnings.empty()) json["warnings"] = manifest.warnings;
    if (!manifest.settings_sha256.empty()) json["settings_sha256"] = manifest.settings_sha256;
    if (manifest.proof != Proof::unknown) json["proof"] = proof_text(manifest.proof);
    if (manifest.nonblocking) json["nonblocking"] = *manifest.nonblocking;
    if (!manifest.has_snapshot) json["has_snapshot"] = false;
    // A name in the reason may be invalid UTF-8.
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Manifest manifest_from_json(std::string_view text, std::string_view name) {
    try {
        return manifest_from(Json::parse(text));
    } catch (const Json::exception& error) {
        throw Error{fmt::format("reading {}: {}", quote(name), printable(error.what()))};
    } catch (const Error& error) {
        throw Error{fmt::format("reading {}: {}", quote(name), error.what())};
    }
}

} // namespace baton::site
