// SPDX-License-Identifier: MIT
// The routes of a server: httplib's own tables, in httplib's order, matched by httplib's matchers. A path that was
// registered as it stands is found by hash; what the hash says was found out by asking the tables.
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

/// Takes from a request what matching its path has put into it, and puts it back at the end.
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

    /// Notes the text of a pattern: httplib 0.11 keeps none. Without it a route is found as well, only later.
    void note(http::Method method, const std::string& pattern);
    /// Takes the tables of `server`, which has to outlive this, and asks them once about each noted text.
    void adopt(httplib::Server& server);

    /// The handler that httplib would call, with what it would put into `request` for it; nullptr: there is none, or it
    /// reads the body itself, or it cannot be found out here. HEAD is served by GET's.
    [[nodiscard]] const Handler* find(httplib::Request& request) const;
    /// Whether the handler for the decoded path reads the body itself. httplib asks those first.
    [[nodiscard]] bool has_reader(http::Method method, const std::string& path) const;

  private:
    /// What the tables say about one path: a place in httplib's table, which moves when a route is added while the
    /// server runs. The matches in `asked` point into its own text.
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
