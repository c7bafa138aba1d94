// SPDX-License-Identifier: MIT
#include "libbaton/route/route_table.hpp"

#include "libbaton/reply/ranges.hpp"
#include "libbaton/route/exposed.hpp"

#include <algorithm>
#include <optional>
#include <regex>
#include <type_traits>

namespace baton::engine {

using http::Method;

struct RouteTables {
    friend constexpr auto exposed(RouteTables) noexcept;
};
template struct Expose<
    RouteTables, &httplib::Server::get_handlers_, &httplib::Server::post_handlers_, &httplib::Server::put_handlers_,
    &httplib::Server::patch_handlers_, &httplib::Server::delete_handlers_, &httplib::Server::options_handlers_,
    &httplib::Server::post_handlers_for_content_reader_, &httplib::Server::put_handlers_for_content_reader_,
    &httplib::Server::patch_handlers_for_content_reader_, &httplib::Server::delete_handlers_for_content_reader_>;

namespace {

/// The tables of a method's handlers and of its content readers; nullptr: none.
auto& handlers_of(httplib::Server& server, Method method) noexcept {
    constexpr auto k_all = std::apply([](auto get, auto post, auto put, auto patch, auto remove, auto options,
                                         auto...) { return std::array{get, post, put, patch, remove, options}; },
                                      exposed(RouteTables{}));
    return server.*k_all[static_cast<std::size_t>(method)];
}

auto* readers_of(httplib::Server& server, Method method) noexcept {
    constexpr auto k_all =
        std::apply([](auto, auto, auto, auto, auto, auto, auto... readers) { return std::array{readers...}; },
                   exposed(RouteTables{}));
    constexpr auto k_first = static_cast<std::size_t>(Method::post);
    const auto at = static_cast<std::size_t>(method) - k_first; // wraps around for GET
    return at < k_all.size() ? &(server.*k_all[at]) : nullptr;
}

/// Like httplib's dispatch_request(): its patterns were regular expressions, and are matchers since 0.14.
template <class Pattern, class Request>
bool matches(const Pattern& pattern, Request& request) {
    if constexpr (std::is_same_v<Pattern, std::regex>)
        return std::regex_match(request.path, request.matches, pattern);
    else
        return pattern->match(request);
}

template <class Pattern, class Request>
void name_route(const Pattern& pattern, Request& request) {
    if constexpr (requires { request.matched_route = pattern->pattern(); }) request.matched_route = pattern->pattern();
}

/// Copies the matching results in `asked` to a request with the same path.
template <class Request>
void copy_captures(const Request& asked, Request& request) {
    request.matches = asked.matches;
    if constexpr (requires { request.path_params; }) request.path_params = asked.path_params;
    if constexpr (requires { request.matched_route; }) request.matched_route = asked.matched_route;
}

template <class Request>
void swap_captures(Request& one, Request& other) noexcept {
    one.matches.swap(other.matches);
    if constexpr (requires { one.path_params; }) one.path_params.swap(other.path_params);
    if constexpr (requires { one.matched_route; }) one.matched_route.swap(other.matched_route);
}

/// httplib 0.11 applies ranges as requested. So this calls the handler and then corrects the ranges.
struct WithRanges {
    RouteTable::Handler handler;
    void operator()(const httplib::Request& request, httplib::Response& response) const {
        handler(request, response);
        settle_ranges(request, response);
    }
};

/// The table of the method; HEAD uses GET's; nullopt: none.
std::optional<Method> routed_method(Method method) noexcept {
    if (method == Method::unknown) return std::nullopt;
    return method == Method::head ? Method::get : method;
}

} // namespace

Captures::Captures(httplib::Request& request) : request_{request} {
    swap_captures(request_, kept_);
}

Captures::~Captures() {
    swap_captures(request_, kept_);
}

void RouteTable::note(Method method, const std::string& pattern) {
    methods_[static_cast<std::size_t>(method)].noted.push_back(pattern);
}

void RouteTable::adopt(httplib::Server& server) {
    server_ = &server;
    for (auto& route : handlers_of(server, Method::get))
        if (route.second.template target<WithRanges>() == nullptr) route.second = WithRanges{std::move(route.second)};
    for (std::size_t i = 0; i < methods_.size(); ++i) {
        auto& [noted, known] = methods_[i];
        known.clear();
        for (const auto& text : noted) {
            auto asked = std::make_unique<httplib::Request>();
            asked->path = text;
            if (const auto place = search(static_cast<Method>(i), *asked))
                known.try_emplace(text, Known{*place, std::move(asked)});
        }
    }
}

std::optional<std::size_t> RouteTable::search(Method method, httplib::Request& request) const {
    if (has_reader(method, request)) return std::nullopt;
    const auto& routes = handlers_of(*server_, method);
    for (std::size_t place = 0; place < routes.size(); ++place) {
        if (!matches(routes[place].first, request)) continue;
        name_route(routes[place].first, request);
        return place;
    }
    return std::nullopt;
}

bool RouteTable::has_reader(Method method, httplib::Request& request) const {
    const auto* const readers = readers_of(*server_, method);
    return readers != nullptr && std::any_of(readers->begin(), readers->end(),
                                             [&](const auto& reader) { return matches(reader.first, request); });
}

bool RouteTable::has_reader(Method method, const std::string& path) const {
    const auto known = routed_method(method);
    if (!known) return false;
    httplib::Request request;
    request.path = path;
    return has_reader(*known, request);
}

const RouteTable::Handler* RouteTable::find(httplib::Request& request) const {
    const auto method = routed_method(http::parse_method(request.method));
    if (!method) return nullptr;
    const auto& known = methods_[static_cast<std::size_t>(*method)].known;
    const auto found = known.find(request.path);
    if (found != known.end()) copy_captures(*found->second.asked, request);
    const auto place = found != known.end() ? found->second.place : search(*method, request);
    return place ? &handlers_of(*server_, *method)[*place].second : nullptr;
}

} // namespace baton::engine
