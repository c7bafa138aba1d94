// SPDX-License-Identifier: MIT
#include "libbaton/engine/route_table.hpp"

#include <algorithm>
#include <optional>

namespace baton::engine {
namespace {

/// Neither a regular expression nor httplib's path parameters ("/user/:id").
bool is_plain(const std::string& pattern) {
    return !pattern.empty() && pattern.front() == '/' &&
           pattern.find_first_of(".^$*+?()[]{}|\\:%") == std::string::npos;
}

std::optional<Method> method_of(std::string_view name) noexcept {
    if (name == "GET" || name == "HEAD") return Method::get;
    if (name == "POST") return Method::post;
    if (name == "PUT") return Method::put;
    if (name == "PATCH") return Method::patch;
    if (name == "DELETE") return Method::remove;
    if (name == "OPTIONS") return Method::options;
    return {};
}

} // namespace

void RouteTable::add(Method method, const std::string& pattern, std::shared_ptr<const Handler> handler) {
    if (!is_plain(pattern)) return add_other(method, pattern, std::move(handler));
    auto& routes = of(method);
    const bool hidden = std::any_of(routes.others.begin(), routes.others.end(),
                                    [&](const Pattern& other) { return std::regex_match(pattern, other.regex); });
    if (!hidden) routes.plain.try_emplace(pattern, std::move(handler));
}

void RouteTable::add_reader(Method method, const std::string& pattern) {
    add_other(method, pattern, nullptr);
    of(method).readers.push_back(of(method).others.back().regex);
}

void RouteTable::add_other(Method method, const std::string& pattern, std::shared_ptr<const Handler> handler) {
    // A path parameter stands for one segment; this only has to match whatever httplib would match.
    static const std::regex k_parameter{":[^/]+"};
    const bool has_parameter = pattern.find("/:") != std::string::npos; // since httplib 0.15; before, a colon is one
    of(method).others.push_back(
        {std::regex{std::regex_replace(pattern, k_parameter, "[^/]+")}, has_parameter ? nullptr : std::move(handler)});
}

bool RouteTable::has_patterns(std::string_view method) const noexcept {
    const auto known = method_of(method);
    return known && !methods_[static_cast<std::size_t>(*known)].others.empty();
}

const RouteTable::Handler* RouteTable::find_pattern(std::string_view method, const std::string& path,
                                                    std::smatch& how) const {
    const auto known = method_of(method);
    if (!known || has_reader(method, path)) return nullptr;
    for (const auto& other : methods_[static_cast<std::size_t>(*known)].others)
        if (std::regex_match(path, how, other.regex)) return other.handler.get();
    return nullptr;
}

bool RouteTable::has_reader(std::string_view method, const std::string& path) const {
    const auto known = method_of(method);
    if (!known) return false;
    const auto& readers = methods_[static_cast<std::size_t>(*known)].readers;
    return std::any_of(readers.begin(), readers.end(),
                       [&](const std::regex& pattern) { return std::regex_match(path, pattern); });
}

const RouteTable::Handler* RouteTable::find(std::string_view method, std::string_view path) const noexcept {
    const auto known = method_of(method);
    if (!known) return nullptr;
    const auto& plain = methods_[static_cast<std::size_t>(*known)].plain;
    const auto found = plain.find(path);
    return found == plain.end() ? nullptr : found->second.get();
}

} // namespace baton::engine
