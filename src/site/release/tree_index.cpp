// SPDX-License-Identifier: MIT
#include "site/release/tree_index.hpp"

#include "base/digest.hpp"
#include "base/number.hpp"
#include "base/percent.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <vector>

namespace baton::site {
namespace {

constexpr std::string_view k_header = "baton-index 1\n";
constexpr std::size_t k_fields = 9;

std::optional<std::array<std::string_view, k_fields>> split(std::string_view line) {
    std::array<std::string_view, k_fields> fields;
    for (std::size_t i = 0; i < k_fields; ++i) {
        const auto space = line.find(' ');
        if ((space == line.npos) != (i + 1 == k_fields)) return std::nullopt;
        fields[i] = line.substr(0, space);
        line.remove_prefix(space == line.npos ? line.size() : space + 1);
    }
    return fields;
}

template <typename Number>
bool read_number(std::string_view text, Number& out, int base = 10) {
    const auto number =
        parse_number<Number>(text, std::numeric_limits<Number>::min(), std::numeric_limits<Number>::max(), base);
    out = number.value_or(out);
    return number.has_value();
}

bool is_type(std::string_view text) {
    using Type = TreeEntry::Type;
    if (text.size() != 1) return false;
    const auto type = static_cast<Type>(text[0]);
    return type == Type::directory || type == Type::file || type == Type::symlink;
}

} // namespace

SourceStamp stamp_of(const struct stat& st) noexcept {
    constexpr std::int64_t k_ns = 1'000'000'000;
    return {st.st_dev, st.st_ino, static_cast<std::uint64_t>(st.st_size), st.st_mtim.tv_sec * k_ns + st.st_mtim.tv_nsec,
            st.st_ctim.tv_sec * k_ns + st.st_ctim.tv_nsec};
}

std::string tree_digest(const TreeIndex& index) {
    Sha256 digest;
    for (const auto& [path, entry] : index)
        digest.update(fmt::format("{} {:o} {} {}\n", static_cast<char>(entry.type), entry.mode,
                                  percent_encode(entry.content), percent_encode(path)));
    return digest.hex();
}

std::string to_text(const TreeIndex& index) {
    std::string text{k_header};
    for (const auto& [path, entry] : index) {
        const auto& source = entry.source;
        text += fmt::format("{} {:o} {} {} {} {} {} {} {}\n", static_cast<char>(entry.type), entry.mode, source.device,
                            source.inode, source.size_bytes, source.mtime_ns, source.ctime_ns,
                            percent_encode(entry.content), percent_encode(path));
    }
    return text;
}

TreeIndex index_from_text(std::string_view text) {
    TreeIndex index;
    if (!text.starts_with(k_header)) return index;
    text.remove_prefix(k_header.size());
    while (!text.empty()) {
        const auto newline = std::min(text.find('\n'), text.size());
        const auto fields = split(text.substr(0, newline));
        text.remove_prefix(std::min(newline + 1, text.size()));
        TreeEntry entry;
        if (!fields || !is_type((*fields)[0])) return {};
        entry.type = static_cast<TreeEntry::Type>((*fields)[0][0]);
        const auto content = percent_decode((*fields)[7]);
        const auto path = percent_decode((*fields)[8]);
        const bool whole = read_number((*fields)[1], entry.mode, 8) && read_number((*fields)[2], entry.source.device) &&
                           read_number((*fields)[3], entry.source.inode) &&
                           read_number((*fields)[4], entry.source.size_bytes) &&
                           read_number((*fields)[5], entry.source.mtime_ns) &&
                           read_number((*fields)[6], entry.source.ctime_ns) && content && path;
        if (!whole) return {};
        entry.content = *content;
        index.emplace(*path, std::move(entry));
    }
    return index;
}

} // namespace baton::site
