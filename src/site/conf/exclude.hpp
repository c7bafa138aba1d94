// SPDX-License-Identifier: MIT
// Entries of a site's directory that a release leaves out: always editors' files and version control, and those that
// "Exclude" in watch.conf names. Such an entry is not copied, not waited for and not counted.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace baton::site {

/// Patterns of fnmatch(3). A pattern without '/' matches the last part of a path, at any depth. A pattern with '/'
/// matches the whole path relative to the site's directory; '*' and '?' do not match '/'. A '/' in front has no other
/// effect; a '/' at the end means directories only. A matching directory is left out with everything in it.
class Excludes {
  public:
    /// The patterns that always apply.
    Excludes() : Excludes{{}, {}} {}
    /// `kept` is a path that no pattern leaves out: the path of watch.conf.
    explicit Excludes(const std::vector<std::string>& patterns, std::string kept = {});

    enum class Kind { directory, other };
    [[nodiscard]] bool matches(std::string_view path, Kind kind) const;
    /// The pattern that leaves out `path` or a directory above it; empty if none does.
    [[nodiscard]] std::string_view reason_against(std::string_view path) const;

    /// The built-in patterns: *.swp, .git and the like.
    [[nodiscard]] static std::span<const std::string_view> always() noexcept;
    /// The fault of a pattern, as "found" and "expected" for a message; empty texts if there is none.
    struct Fault {
        std::string_view found;
        std::string_view expected;
    };
    [[nodiscard]] static Fault fault_of(std::string_view pattern) noexcept;

  private:
    struct Pattern {
        std::string text; ///< in the form for fnmatch(3)
        std::string given;
        bool whole_path;
        bool directories_only;
    };
    [[nodiscard]] const Pattern* match(std::string_view path, Kind kind) const;
    std::vector<Pattern> patterns_;
    std::string kept_;
};

} // namespace baton::site
