// SPDX-License-Identifier: MIT
#include "site/conf/exclude.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <array>

namespace baton::site {
namespace {

using namespace std::string_view_literals;

constexpr std::array k_always{
    "*.swp"sv, "*.swo"sv,       "*.swn"sv,     "*.swx"sv,
    "4913"sv,                            // vim, :help swap-file; vim tests a directory with 4913
    "*~"sv,    ".#*"sv,         "#*#"sv, // backups of vim and emacs, emacs' locks and autosaves
    "*.un~"sv, ".*.kate-swp"sv, ".~lock.*#"sv, ".goutputstream-*"sv, // vim, kate, LibreOffice, GNOME
    ".nfs*"sv, ".DS_Store"sv,                                        // open files that were deleted on NFS; macOS
    ".git"sv,  ".hg"sv,         ".svn"sv,
};

} // namespace

std::span<const std::string_view> Excludes::always() noexcept {
    return k_always;
}

Excludes::Fault Excludes::fault_of(std::string_view pattern) noexcept {
    if (pattern.front() == '!') return {"a '!' in front", "patterns of files to leave out"};
    if (pattern.find("**/") != pattern.npos)
        return {"'**/'", "a pattern without '/', which matches at every depth, or one '*' per directory"};
    if (pattern.find_first_not_of('/') == pattern.npos)
        return {"the directory itself", "patterns of files to leave out in it"};
    if (pattern.starts_with("./") || pattern.find("//") != pattern.npos || pattern.find("/./") != pattern.npos ||
        pattern.find("../") != pattern.npos)
        return {"a path with '.', '..' or nothing between two '/'", "a plain path below the directory"};
    return {};
}

Excludes::Excludes(const std::vector<std::string>& patterns, std::string kept) : kept_{std::move(kept)} {
    for (const auto pattern : k_always)
        patterns_.push_back({std::string{pattern}, std::string{pattern}, false, false});
    for (const auto& given : patterns) {
        std::string_view text{given};
        const bool directories_only = text.ends_with('/');
        if (directories_only) text.remove_suffix(1);
        const bool whole_path = text.find('/') != text.npos;
        if (text.starts_with('/')) text.remove_prefix(1);
        patterns_.push_back({std::string{text}, given, whole_path, directories_only});
    }
}

const Excludes::Pattern* Excludes::match(std::string_view path, Kind kind) const {
    if (!kept_.empty() && path == kept_) return nullptr;
    const std::string whole{path};
    const auto* base = whole.c_str() + (path.rfind('/') + 1); // npos + 1 is 0
    const auto found = std::find_if(patterns_.begin(), patterns_.end(), [&](const Pattern& pattern) {
        if (pattern.directories_only && kind != Kind::directory) return false;
        return ::fnmatch(pattern.text.c_str(), pattern.whole_path ? whole.c_str() : base, FNM_PATHNAME) == 0;
    });
    return found == patterns_.end() ? nullptr : &*found;
}

bool Excludes::matches(std::string_view path, Kind kind) const {
    return match(path, kind) != nullptr;
}

std::string_view Excludes::reason_against(std::string_view path) const {
    for (auto slash = path.find('/'); slash != path.npos; slash = path.find('/', slash + 1))
        if (const auto* pattern = match(path.substr(0, slash), Kind::directory)) return pattern->given;
    const auto* pattern = match(path, Kind::other);
    return pattern == nullptr ? std::string_view{} : std::string_view{pattern->given};
}

} // namespace baton::site
