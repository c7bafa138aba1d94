// SPDX-License-Identifier: MIT
// Any bytes as a manifest are read or refused as Error; what is read survives a write and another read.
#include "property.hpp"

#include "base/error.hpp"
#include "site/release/manifest.hpp"

#include <optional>

namespace {

using namespace baton;

std::optional<site::Manifest> parsed(std::string_view text) {
    try {
        return site::manifest_from_json(text, "manifest.json");
    } catch (const Error& error) {
        fuzz::require(std::string_view{error.what()}.starts_with("reading 'manifest.json': "));
        return std::nullopt;
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    const auto manifest = parsed(fuzz::text(data, size));
    if (!manifest) return 0;
    const auto written = site::to_json(*manifest);
    const auto again = parsed(written);
    fuzz::require(again.has_value() && site::to_json(*again) == written);
    return 0;
}
