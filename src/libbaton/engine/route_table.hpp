// SPDX-License-Identifier: MIT
// The routes: plain paths by hash, then patterns in their order. httplib matches every route as a regular expression,
// one by one, and keeps all of them as well; it serves what is not found here.
#pragma once

#include <httplib.h>

#include <array>
#include <memory>
#include <regex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace baton::engine {

enum class Method : std::uint8_t { get, post, put, patch, remove, options };

class RouteTable {
  public:
    using Handler = httplib::Server::Handler;

    /// Takes a route in the order of registration; the first that matches a path is the one that counts, as in httplib.
    void add(Method method, const std::string& pattern, std::shared_ptr<const Handler> handler);
    /// A route whose handler reads the body itself: never plain, but in the order it comes.
    void add_reader(Method method, const std::string& pattern);

    /// The handler of a plain route for a decoded path; nullptr: there is none. HEAD is served by GET's.
    [[nodiscard]] const Handler* find(std::string_view method, std::string_view path) const noexcept;
    [[nodiscard]] bool has_patterns(std::string_view method) const noexcept;
    /// The handler whose pattern matches a decoded path, and how; nullptr: httplib knows.
    [[nodiscard]] const Handler* find_pattern(std::string_view method, const std::string& path, std::smatch& how) const;
    /// Whether the handler for the decoded path reads the body itself. httplib asks those first.
    [[nodiscard]] bool has_reader(std::string_view method, const std::string& path) const;

  private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
    };
    struct Pattern {
        std::regex regex;
        std::shared_ptr<const Handler> handler; ///< nullptr: httplib's affair
    };
    struct OfMethod {
        std::vector<std::regex> readers;
        std::unordered_map<std::string, std::shared_ptr<const Handler>, Hash, std::equal_to<>> plain;
        std::vector<Pattern> others;
    };

    void add_other(Method method, const std::string& pattern, std::shared_ptr<const Handler> handler);
    [[nodiscard]] OfMethod& of(Method method) noexcept { return methods_[static_cast<std::size_t>(method)]; }

    std::array<OfMethod, 6> methods_;
};

} // namespace baton::engine
