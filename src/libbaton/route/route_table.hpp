// SPDX-License-Identifier: MIT
// The routes of a server: httplib's own tables, in httplib's order, matched by httplib's matchers. A path that was
// registered literally is found by hash; the hash contains answers of those tables.
#pragma once

#include "libbaton/http/method.hpp"

#include <httplib.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace baton::engine {

/// Takes the matching results out of a request, and puts the old ones back at the end.
class Captures {
  public:
    explicit Captures(httplib::Request& request);
    ~Captures();
    Captures(const Captures&) = delete;
    Captures& operator=(const Captures&) = delete;

  private:
    httplib::Request& request_;
    httplib::Request kept_;
};

class RouteTable {
  public:
    using Handler = httplib::Server::Handler;

    /// Notes the text of a pattern: httplib 0.11 does not keep it. Without it a route is also found, but more slowly.
    void note(http::Method method, const std::string& pattern);
    /// Takes the tables of `server`, which must outlive this, and asks them once about each noted text.
    void adopt(httplib::Server& server);

    /// The handler that httplib would call; also makes the changes to `request` that httplib would make. nullptr: there
    /// is no handler, it reads the body itself, or it cannot be determined here. HEAD uses GET's handler.
    [[nodiscard]] const Handler* find(httplib::Request& request) const;
    /// Whether the handler for the decoded path reads the body itself. httplib tries such handlers first.
    [[nodiscard]] bool has_reader(http::Method method, const std::string& path) const;

  private:
    /// The tables' answer for one path: an index, because httplib's table moves when a route is added while
    /// the server runs. The matches in `asked` point into its own text.
    struct Known {
        std::size_t place;
        std::unique_ptr<const httplib::Request> asked;
    };
    struct OfMethod {
        std::vector<std::string> noted;
        std::unordered_map<std::string, Known> known;
    };

    [[nodiscard]] std::optional<std::size_t> search(http::Method method, httplib::Request& request) const;
    [[nodiscard]] bool has_reader(http::Method method, httplib::Request& request) const;

    httplib::Server* server_ = nullptr;
    std::array<OfMethod, 6> methods_;
};

} // namespace baton::engine
