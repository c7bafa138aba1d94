// SPDX-License-Identifier: MIT
#include "program.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace twin {
namespace {

using httplib::Request;
using httplib::Response;
using Outcome = httplib::Server::HandlerResponse;

/// What differs from one connection to the next, or from one second to the next.
bool is_chance(const std::string& name) {
    static const httplib::Headers chances{
        {"REMOTE_PORT", ""}, {"LOCAL_PORT", ""}, {"Date", ""}, {"Keep-Alive", ""}, {"Connection", ""}};
    return chances.count(name) != 0; // whatever the case, as each httplib compares
}

std::string describe_fields(const httplib::Headers& headers) {
    std::vector<std::pair<std::string, std::string>> fields;
    for (const auto& [name, value] : headers)
        if (!is_chance(name)) fields.emplace_back(name, value);
    // In httplib 0.18 a hash table, whose order depends on what was in it before. Fields of one name keep their order.
    std::stable_sort(fields.begin(), fields.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::string text;
    for (const auto& [name, value] : fields)
        text += name + "=" + value + "; ";
    return text;
}

/// The parts of a form: `files` until 0.2x, `form` since.
template <class Any>
std::string describe_form(const Any& request) {
    std::string text;
    if constexpr (requires { request.files; })
        for (const auto& [name, file] : request.files)
            text += name + "=" + file.filename + "/" + file.content_type + "/" + file.content + "; ";
    return text;
}

template <class Any>
std::string describe_parameters(const Any& request) {
    std::string text;
    if constexpr (requires { request.path_params; })
        for (const auto& [name, value] : request.path_params)
            text += name + "=" + value + "; ";
    return text;
}

void tell(const Request& request, Response& response) {
    response.set_content(describe(request), "text/plain");
}

void add_patterns(httplib::Server& server) {
    server.Get("/plain", tell);
    server.Get("/plain", [](const Request&, Response& response) { response.status = 599; });
    server.Get(R"(/v1/items/(\d+):cancel)", [](const Request& request, Response& response) {
        response.set_content("canceled " + request.matches[1].str(), "text/plain");
    });
    server.Get(R"(/v1/items/(\d+))", tell);
    server.Get(R"(/host:(\w+)/x)", tell);
    server.Get("/digit/[[:digit:]]", tell);
    server.Get("/(?:w1|w2)/thing", tell);
    server.Get("/a.*", [](const Request&, Response& response) { response.set_content("pattern", "text/plain"); });
    server.Get("/abc", [](const Request&, Response& response) { response.set_content("hidden", "text/plain"); });
    server.Options("/plain", tell);
    server.Post("/both.*", [](const Request& request, Response& response, const httplib::ContentReader& read) {
        std::string body;
        (void)read([&](const char* data, std::size_t size) {
            body.append(data, size);
            return true;
        });
        response.set_content("reader " + body + " " + describe(request), "text/plain");
    });
    server.Post("/both", tell);
    server.Post("/echo", tell);
    server.Put("/echo", tell);
    server.Patch("/echo", tell);
    server.Delete("/echo", tell);
}

void add_replies(httplib::Server& server) {
    server.Get("/redirect", [](const Request&, Response& response) { response.set_redirect("/plain"); });
    server.Get("/none", [](const Request&, Response& response) { response.status = 204; });
    server.Get("/unchanged", [](const Request&, Response& response) { response.status = 304; });
    server.Get("/forbidden", [](const Request&, Response& response) { response.status = 403; });
    server.Get("/missing-with-body", [](const Request&, Response& response) {
        response.status = 404;
        response.set_content("not here", "text/plain");
    });
    server.Get("/throw", [](const Request&, Response&) { throw std::runtime_error{"broken"}; });
    server.Get("/nothing", [](const Request&, Response&) {});
    server.Get("/long",
               [](const Request&, Response& response) { response.set_content(std::string(5000, 'x'), "text/plain"); });
    server.Get("/binary", [](const Request&, Response& response) {
        response.set_content(std::string("\0\1\2", 3), "application/octet-stream");
    });
    server.Get("/fields", [](const Request&, Response& response) {
        response.set_header("X-Twice", "1");
        response.set_header("X-Twice", "2");
        response.set_header("X-Cut", std::string("a\0b", 3));
        response.set_content("two", "text/html");
    });
    server.Get("/own-keep-alive", [](const Request&, Response& response) {
        response.set_header("Connection", "keep-alive");
        response.set_content("kept", "text/plain");
    });
}

void add_streams(httplib::Server& server) {
    server.Get("/provided", [](const Request& request, Response& response) {
        response.set_content_provider(10, "text/plain",
                                      [&request](std::size_t at, std::size_t size, httplib::DataSink& sink) {
                                          const auto text = request.path + "0123456789";
                                          return sink.write(text.data() + request.path.size() + at, size);
                                      });
    });
    server.Get("/chunks", [](const Request& request, Response& response) {
        response.set_chunked_content_provider("text/plain", [&request](std::size_t, httplib::DataSink& sink) {
            const auto text = describe(request);
            (void)sink.write(text.data(), text.size());
            sink.done();
            return true;
        });
    });
    server.Get("/endless", [](const Request&, Response& response) {
        response.set_content_provider("text/plain", [](std::size_t at, httplib::DataSink& sink) {
            (void)sink.write("abc", 3);
            if (at >= 6) sink.done();
            return true;
        });
    });
}

void add_hooks(httplib::Server& server, Journal& journal) {
    server.set_pre_routing_handler([](const Request& request, Response& response) {
        if (request.path.find("/blocked") != 0) return Outcome::Unhandled;
        response.status = 401;
        response.set_content("who? " + describe(request), "text/plain");
        return Outcome::Handled;
    });
    server.set_expect_100_continue_handler([](const Request& request, Response& response) {
        if (request.path != "/unwelcome") return 100;
        response.status = 403;
        return 403;
    });
    server.set_post_routing_handler([](const Request& request, Response& response) {
        response.set_header("X-Post", std::to_string(response.status) + " of " +
                                          std::to_string(request.matches.size()) + ", " +
                                          response.get_header_value("Content-Length") + " bytes of " +
                                          response.get_header_value("Content-Type"));
    });
    server.set_error_handler([](const Request& request, Response& response) {
        if (response.body.empty())
            response.set_content("error " + std::to_string(response.status) + " " + describe(request), "text/plain");
    });
    server.set_exception_handler([](const Request& request, Response& response, std::exception_ptr) {
        response.status = 500;
        response.set_content("caught " + describe(request), "text/plain");
    });
    server.set_logger([&journal](const Request& request, const Response& response) {
        journal.add(request.get_header_value("X-Id"), describe(request) + "-> " + std::to_string(response.status) +
                                                          " " + describe_fields(response.headers));
    });
    server.set_default_headers({{"X-Default", "yes"}});
}

} // namespace

void Journal::add(const std::string& id, const std::string& text) {
    const std::lock_guard lock{mutex_};
    entries_[id] += text + "|";
}

std::string Journal::entry(const std::string& id) {
    for (int i = 0; i < 500; ++i) {
        {
            const std::lock_guard lock{mutex_};
            if (const auto found = entries_.find(id); found != entries_.end()) return found->second;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
    return "no entry";
}

std::string describe(const Request& request) {
    std::string text = request.method + " " + request.target + " " + request.version + " path=" + request.path +
                       " from=" + request.remote_addr + " to=" + request.local_addr +
                       " fields: " + describe_fields(request.headers);
    text += "params: ";
    for (const auto& [name, value] : request.params)
        text += name + "=" + value + "; ";
    text += "form: " + describe_form(request) + "captures: " + describe_parameters(request);
    for (const auto& match : request.matches)
        text += match.str() + "; ";
    text += "ranges: ";
    for (const auto& [first, last] : request.ranges)
        text += std::to_string(first) + "-" + std::to_string(last) + "; ";
    return text + "body: " + request.body + " ";
}

void add_routes(httplib::Server& server, Journal& journal, const std::string& files) {
    add_patterns(server);
    add_replies(server);
    add_streams(server);
    add_hooks(server, journal);
    server.set_mount_point("/files", files);
}

} // namespace twin
