// SPDX-License-Identifier: MIT
// A site's directory for one test, imported as often as the test likes.
#pragma once

#include "error_of.hpp"
#include "scratch.hpp"
#include "site/release/import.hpp"

#include <fmt/format.h>

namespace baton::test {

/// A site's directory and the snapshots taken of it.
struct ImportedSite {
    Scratch scratch;
    std::filesystem::path directory = scratch / "site";
    site::ImportLimits limits;
    site::Excludes exclude;

    ImportedSite() { std::filesystem::create_directory(directory); }
    std::filesystem::path write(const std::filesystem::path& name, std::string_view content,
                                unsigned mode = 0644) const {
        auto file = scratch.write("site" / name, content);
        std::filesystem::permissions(file, std::filesystem::perms{mode});
        return file;
    }
    [[nodiscard]] std::filesystem::path snapshot(int number) const {
        return scratch / fmt::format("snapshot-{}", number);
    }
    [[nodiscard]] site::Imported take(int number, std::optional<site::PreviousSnapshot> previous = {}) const {
        return site::import_tree({directory, snapshot(number), "test", std::move(previous), limits, exclude});
    }
    [[nodiscard]] Error refusal() const {
        std::filesystem::remove_all(snapshot(99));
        return error_of([&] { return take(99); });
    }
    [[nodiscard]] std::string unsettled() const {
        try {
            (void)take(98);
        } catch (const site::Unsettled& unsettled) {
            return unsettled.path;
        }
        return "nothing";
    }
};

/// In another process, as an exit status: 0 imported, 1 Error, 2 Unsettled.
inline int outcome_of(const ImportedSite& site) noexcept {
    try {
        (void)site.take(97);
        return 0;
    } catch (const site::Unsettled&) {
        return 2;
    } catch (...) {
        return 1;
    }
}

} // namespace baton::test
