// SPDX-License-Identifier: MIT
// What of a site's directory is not part of a release: editors' files and version control always, and what "Exclude" in
// watch.conf names. Such an entry is neither copied nor waited for nor counted.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace baton::site {

/// Patterns of fnmatch(3). One without '/' matches the last part of a path, at any depth; one with '/' the whole path
/// relative to the site's directory, where '*' and '?' match no '/'. A '/' in front changes nothing but that; one at
/// the end means directories only. A directory that matches is left out with all that is in it.
class Excludes {
  public:
    /// The patterns that always hold.
    Excludes() : Excludes{{}, {}} {}
    /// `kept` is a path that no pattern leaves out: that of watch.conf.
    explicit Excludes(const std::vector<std::string>& patterns, std::string kept = {});

    enum class Kind { directory, other };
    [[nodiscard]] bool matches(std::string_view path, Kind kind) const;
    /// The pattern that leaves out `path` or a directory above it; empty when none does.
    [[nodiscard]] std::string_view reason_against(std::string_view path) const;

    /// *.swp and the like, .git and the like.
    [[nodiscard]] static std::span<const std::string_view> always() noexcept;
    /// What is wrong with a pattern, as "found" and "expected" for a message; empty texts when nothing is.
    struct Fault {
        std::string_view found;
        std::string_view expected;
    };
    [[nodiscard]] static Fault fault_of(std::string_view pattern) noexcept;

  private:
    struct Pattern {
        std::string text; ///< as fnmatch(3) takes it
        std::string given;
        bool whole_path;
        bool directories_only;
    };
    [[nodiscard]] const Pattern* match(std::string_view path, Kind kind) const;
    std::vector<Pattern> patterns_;
    std::string kept_;
};

} // namespace baton::site
