// SPDX-License-Identifier: MIT
// Any bytes as an index, and any bytes as a name in one: never an exception, and what is written is read back equal.
#include "property.hpp"

#include "site/release/tree_index.hpp"

namespace {

using namespace baton;

void check_round_trip(const site::TreeIndex& index) {
    const auto written = site::to_text(index);
    const auto again = site::index_from_text(written);
    fuzz::require(again.size() == index.size());
    fuzz::require(site::to_text(again) == written);
    fuzz::require(site::tree_digest(again) == site::tree_digest(index));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    const std::string text{fuzz::text(data, size)};
    check_round_trip(site::index_from_text(text));
    check_round_trip(site::index_from_text("baton-index 1\n" + text));
    const auto half = text.substr(0, size / 2);
    check_round_trip({{text, {site::TreeEntry::Type::file, 0644, {1, 2, 3, -4, 5}, half}},
                      {half, {site::TreeEntry::Type::symlink, 0777, {}, text}}});
    return 0;
}
