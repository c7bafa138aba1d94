// SPDX-License-Identifier: MIT
// Request bodies that arrive compressed or slowly: neither costs more than its limit.
#include "running_server.hpp"

#include <doctest/doctest.h>
#include <zlib.h>

#include <sys/resource.h>
#include <sys/socket.h>

#include <array>
#include <fstream>

using namespace test;

namespace {

constexpr std::size_t k_mb = 1'000'000;

std::string post(const std::string& path, const std::string& coding, const std::string& body) {
    return "POST " + path + " HTTP/1.1\r\nHost: t\r\nContent-Encoding: " + coding +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

template <class Compressor>
std::string compressed(const std::string& text) {
    Compressor compressor;
    std::string result;
    REQUIRE(compressor.compress(text.data(), text.size(), true, [&](const char* data, std::size_t size) {
        result.append(data, size);
        return true;
    }));
    return result;
}

/// A few hundred bytes for a hundred million; none for each client to make.
const std::string& brotli_bomb() {
    static const auto bomb = compressed<httplib::detail::brotli_compressor>(std::string(100 * k_mb, '\0'));
    return bomb;
}

std::string gzip(const std::string& text) {
    return compressed<httplib::detail::gzip_compressor>(text);
}

/// A zlib stream of `pieces` times ten million zeros and then no end: what is the same after a full flush is repeated.
std::string bomb(std::size_t pieces) {
    z_stream stream{};
    REQUIRE(::deflateInit(&stream, Z_BEST_COMPRESSION) == Z_OK);
    std::string zeros(10 * k_mb, '\0');
    std::string out(200'000, '\0');
    const auto flushed = [&] {
        stream.next_in = reinterpret_cast<Bytef*>(zeros.data());
        stream.avail_in = static_cast<uInt>(zeros.size());
        stream.next_out = reinterpret_cast<Bytef*>(out.data());
        stream.avail_out = static_cast<uInt>(out.size());
        REQUIRE(::deflate(&stream, Z_FULL_FLUSH) == Z_OK);
        return out.substr(0, out.size() - stream.avail_out);
    };
    std::string result = flushed();
    const auto again = flushed();
    for (std::size_t i = 1; i < pieces; ++i)
        result += again;
    (void)::deflateEnd(&stream);
    return result;
}

/// The head of an upload and all of its `size` bytes but the last.
std::string most_of_upload(const std::string& path, std::size_t size) {
    return "POST " + path + " HTTP/1.1\r\nHost: t\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
           std::string(size - 1, 'u');
}

/// What a sanitizer keeps for itself would be counted with what the server does.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t k_sanitizer_keeps = 1000 * k_mb;
#else
constexpr std::size_t k_sanitizer_keeps = 0;
#endif

/// A line of /proc/self/status, in bytes; proc(5).
std::size_t memory(const std::string& name) {
    std::ifstream status{"/proc/self/status"};
    for (std::string line; std::getline(status, line);)
        if (line.rfind(name, 0) == 0) return std::stoul(line.substr(name.size())) * 1024;
    return 0;
}

/// The most memory this process has had resident since the last call of forget_peak(), in bytes.
std::size_t peak_memory() {
    return memory("VmHWM:");
}

/// Whether what is resident comes down to `most` within five seconds.
bool memory_comes_down_to(std::size_t most) {
    for (int i = 0; i < 100 && memory("VmRSS:") > most; ++i)
        std::this_thread::sleep_for(50ms);
    return memory("VmRSS:") <= most;
}

void forget_peak() {
    std::ofstream{"/proc/self/clear_refs"} << "5";
}

void add_reader(baton::Server& server) {
    server.Post("/count", [](const auto&, auto& response, const httplib::ContentReader& read) {
        std::size_t count = 0;
        if (read([&](const char*, std::size_t size) { return (count += size, true); }))
            response.set_content(std::to_string(count), "text/plain");
    });
}

/// Reads a reply and keeps nothing of it, which would be this process's memory too; how long its body was.
std::size_t skim(const Client& client) {
    std::array<char, 64 * 1024> buffer{};
    std::size_t got = 0;
    std::size_t expected = 1;
    while (got < expected) {
        const auto size = ::recv(client.socket(), buffer.data(), buffer.size(), 0);
        if (size <= 0) return 0;
        const std::string_view part{buffer.data(), static_cast<std::size_t>(size)};
        if (const auto at = part.find("Content-Length: "); got == 0 && at != std::string_view::npos)
            expected = std::stoul(std::string{part.substr(at + 16, 10)}) + part.find("\r\n\r\n") + 4;
        got += part.size();
    }
    return got;
}

} // namespace

TEST_CASE("a body that came compressed is decoded, for a handler and for a content reader") {
    const RunningServer server{add_reader};
    auto client = server.connect();
    std::string text;
    for (int i = 0; i < 100'000; ++i)
        text += std::to_string(i);
    for (const auto& [coding, body] : {std::pair{"gzip", gzip(text)},
                                       {"GZIP", gzip(text)},
                                       {"x-gzip", gzip(text)},
                                       {"br", compressed<httplib::detail::brotli_compressor>(text)},
                                       {"identity", text},
                                       {"zstd", text}}) { // not ours: as it came
        client.send(post("/echo", coding, body));
        CHECK(client.read_reply()->body == text);
        client.send(post("/count", coding, body));
        CHECK(client.read_reply()->body == std::to_string(text.size()));
    }
    client.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (const char c : gzip("in small pieces"))
        client.send(std::string{"1\r\n"} + c + "\r\n");
    client.send("0\r\n\r\n");
    CHECK(client.read_reply()->body == "in small pieces");
}

TEST_CASE("a compressed body that is damaged, cut short or has something behind it is a 400, two codings a 415") {
    const RunningServer server{add_reader};
    const auto good = gzip(std::string(10'000, 'x'));
    auto damaged = good;
    damaged[damaged.size() - 6] ^= 1; // in its checksum
    for (const std::string path : {"/echo", "/count"}) {
        for (const auto& body : {damaged, good.substr(0, good.size() - 4), good + "x", std::string{"no gzip"}}) {
            auto client = server.connect();
            client.send(post(path, "gzip", body));
            CHECK(client.read_reply()->status == 400);
            CHECK(client.wait_for_end() == Ending::closed);
        }
        auto client = server.connect();
        client.send(post(path, "gzip, br", good));
        CHECK(client.read_reply()->status == 415);
    }
}

TEST_CASE("a decompression bomb is a 413, and costs no more memory than its limit") {
    auto options = quick_options();
    options.limits.max_decompressed_bytes = 20 * k_mb;
    const RunningServer server{add_reader, options};
    for (const auto& body : {bomb(3), bomb(100)}) { // 30 KB for 30 MB, 1 MB for 1 GB
        CHECK(body.size() < 1'100'000);
        for (const auto& [path, most] : {std::pair{"/echo", 100 * k_mb}, {"/count", 10 * k_mb}}) {
            forget_peak();
            const auto before = peak_memory();
            auto client = server.connect();
            client.send(post(path, "deflate", body));
            CHECK(client.read_reply()->status == 413);
            CHECK(peak_memory() - before < most + k_sanitizer_keeps);
        }
    }
}

TEST_CASE("a content coding that httplib would decode, and libbaton does not know, is a 415 on every route") {
    const RunningServer server{add_reader};
    for (const std::string path : {"/echo", "/count", "/nowhere"})
        for (const std::string coding : {"xbr", "brotli", "br;q=1", "\"br\"", "identity, xbr", "xbr, identity", "br br",
                                         "identity\r\nContent-Encoding: xbr", "xbr\r\nContent-Encoding: identity"}) {
            auto client = server.connect();
            client.send(post(path, coding, brotli_bomb()));
            CHECK_MESSAGE(client.read_reply()->status == 415, path << " " << coding);
            CHECK(client.wait_for_end() == Ending::closed);
        }
    auto client = server.connect();
    client.send(post("/echo", "snappy", "as it came"));
    CHECK(client.read_reply()->body == "as it came");
}

TEST_CASE("no request of at most 64 KB makes the process grow by more than max_decompressed_bytes and a margin") {
    constexpr std::size_t k_margin = 16 * k_mb;
    const RunningServer server{[](baton::Server& it) {
        add_reader(it);
        it.Post("/size", [](const auto& request, auto& response) {
            response.set_content(std::to_string(request.body.size() + request.files.size()), "text/plain");
        });
    }};
    const auto most = baton::Limits{}.max_decompressed_bytes + k_margin + k_sanitizer_keeps;
    const std::string large(60 * k_mb, 'x');
    const std::string form = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n";
    const auto brotli = [](const std::string& text) { return compressed<httplib::detail::brotli_compressor>(text); };
    const std::array<std::array<std::string, 3>, 7> kinds{
        {{"br", "text/plain", brotli_bomb()},
         {"xbr", "text/plain", brotli_bomb()},
         {"br", "text/plain", brotli(large)},
         {"deflate", "text/plain", bomb(5).substr(0, 60'000)},
         {"br", "multipart/form-data; boundary=b", brotli_bomb()},
         {"br", "multipart/form-data; boundary=b", brotli(form + large + "\r\n--b--\r\n")},
         {"br", "application/x-www-form-urlencoded", brotli(large)}}};
    for (const std::string path : {"/size", "/count", "/nowhere"})
        for (const auto& [coding, type, body] : kinds) {
            REQUIRE(body.size() < 64 * 1024);
            forget_peak();
            const auto before = peak_memory();
            auto client = server.connect();
            client.send(post(path, coding + "\r\nContent-Type: " + type, body));
            CHECK(client.read_reply());
            const auto grown = peak_memory() - before;
            CHECK_MESSAGE(grown < most, path << " " << type << " " << coding << " " << grown / k_mb);
        }
}

TEST_CASE("set_payload_max_length bounds a body however it is framed and coded") {
    const RunningServer server{[](baton::Server& it) {
        add_reader(it);
        it.set_payload_max_length(1000);
    }};
    const std::string large(2000, 'x');
    for (const std::string path : {"/echo", "/count"}) {
        for (const auto& request :
             {post(path, "gzip", gzip(large)), post(path, "identity", large),
              "POST " + path + " HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" + large +
                  "\r\n0\r\n\r\n"}) {
            auto client = server.connect();
            client.send(request);
            CHECK(client.read_reply()->status == 413);
        }
        auto client = server.connect();
        client.send(post(path, "gzip", gzip(std::string(1000, 'x'))));
        CHECK(client.read_reply()->status == 200);
    }
}

TEST_CASE("large uploads that stand still hold no worker and no memory, and are whole when they go on") {
    auto options = quick_options();
    options.max_workers = 2; // one may read while a body comes
    const RunningServer server{add_reader, options};
    forget_peak();
    const auto before = peak_memory();
    std::vector<Client> slow;
    for (int i = 0; i < 60; ++i) {
        slow.push_back(server.connect());
        slow.back().send(most_of_upload(i % 2 == 0 ? "/echo" : "/count", k_mb));
    }
    for (int i = 0; i < 20; ++i)
        CHECK(server.connect().get("/hello")->status == 200);
    CHECK(peak_memory() - before < 30 * k_mb + k_sanitizer_keeps);
    for (int i = 0; i < 60; ++i) {
        auto& client = slow[static_cast<std::size_t>(i)];
        client.send("u");
        const auto reply = client.read_reply();
        REQUIRE(reply);
        CHECK(reply->body == (i % 2 == 0 ? std::string(k_mb, 'u') : std::to_string(k_mb)));
    }
}

TEST_CASE("a large upload comes byte for byte, whatever its framing, and the next request follows it") {
    auto options = quick_options();
    options.max_workers = 1; // no content reader sees its body while it comes
    const RunningServer server{add_reader, options};
    auto client = server.connect();
    std::string text;
    for (int i = 0; i < 100'000; ++i)
        text += std::to_string(i);
    std::string chunks;
    for (std::size_t at = 0; at < text.size(); at += 255)
        chunks += (text.size() - at < 255 ? "" : "fF;x=y\r\n" + text.substr(at, 255) + "\r\n");
    const auto rest = text.substr(text.size() / 255 * 255);
    char size[32];
    (void)std::snprintf(size, sizeof size, "%zx\r\n", rest.size());
    chunks += size + rest + "\r\n0\r\nTrailer: x\r\n\r\n";
    for (const std::string path : {"/echo", "/count"}) {
        const auto expected = path == "/echo" ? text : std::to_string(text.size());
        client.send(post(path, "identity", text) + get_request("/hello"));
        CHECK(client.read_reply()->body == expected);
        CHECK(client.read_reply()->body == "hello\n");
        client.send("POST " + path + " HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks +
                    get_request("/hello"));
        CHECK(client.read_reply()->body == expected);
        CHECK(client.read_reply()->body == "hello\n");
    }
}

TEST_CASE("a content reader sees its body while it comes") {
    Gate first;
    const RunningServer server{[&](baton::Server& it) {
        it.Post("/live", [&](const auto&, auto& response, const httplib::ContentReader& read) {
            std::size_t count = 0;
            (void)read([&](const char*, std::size_t size) {
                if (count == 0) first.open();
                return (count += size, true);
            });
            response.set_content(std::to_string(count), "text/plain");
        });
    }};
    auto client = server.connect();
    client.send(most_of_upload("/live", k_mb));
    first.pass(); // opened by the handler, or ten seconds are over
    CHECK(client.stays_silent(0ms));
    client.send("u");
    CHECK(client.read_reply()->body == std::to_string(k_mb));
}

TEST_CASE("an upload that was fast and then trickles is late by what it does now") {
    auto options = quick_options();
    options.timeouts.body = 300ms;
    const RunningServer server{add_reader, options};
    for (const std::string path : {"/echo", "/count"}) {
        auto client = server.connect();
        client.send(most_of_upload(path, 2 * k_mb).substr(0, k_mb));
        const auto began = std::chrono::steady_clock::now();
        while (client.stays_silent(20ms) && std::chrono::steady_clock::now() < began + 5s)
            client.send("u");
        CHECK(client.read_reply()->status == 408);
        CHECK(std::chrono::steady_clock::now() < began + 3s);
    }
}

TEST_CASE("one client's uploads leave room for another's") {
    auto options = quick_options();
    options.limits.spooled_bytes = 8 * k_mb;
    const RunningServer server{{}, options};
    std::vector<Client> greedy;
    for (int i = 0; i < 10; ++i) {
        greedy.push_back(server.connect());
        greedy.back().send(most_of_upload("/echo", 900'000));
    }
    CHECK(server.connect().get("/hello")->status == 200);
    for (const auto* address : {"127.0.0.2", "127.0.0.3"}) {
        Client other{server.port(), address};
        other.send(most_of_upload("/echo", k_mb) + "u");
        CHECK(other.read_reply()->status == 200);
    }
    int whole = 0;
    for (auto& client : greedy) {
        client.send("u");
        whole += client.read_reply()->status == 200 ? 1 : 0;
    }
    CHECK(whole >= 5);
    CHECK(whole <= 6);
}

TEST_CASE("a large body is not awaited for a route that is none, nor for whom the pre-routing hook sends away") {
    std::atomic<int> asked{0};
    const RunningServer server{[&](baton::Server& it) {
        add_reader(it);
        it.Post("/item/(\\d+)", [](const auto& request, auto& response) {
            response.set_content(std::string{request.matches[1]} + response.get_header_value("X-Seen"), "text/plain");
        });
        it.set_pre_routing_handler([&](const auto& request, auto& response) {
            ++asked;
            response.set_header("X-Seen", "hook");
            if (!request.has_header("X-Refuse")) return httplib::Server::HandlerResponse::Unhandled;
            response.status = 401;
            return httplib::Server::HandlerResponse::Handled;
        });
    }};
    const auto refused = [&](const std::string& head) {
        auto client = server.connect();
        client.send(head);
        const auto reply = client.read_reply();
        CHECK(client.wait_for_end() == Ending::closed);
        return reply->status;
    };
    const std::string large = " HTTP/1.1\r\nHost: t\r\nContent-Length: 5000000\r\n";
    CHECK(refused("POST /nowhere" + large + "\r\n") == 404);
    CHECK(refused("POST /nowhere" + large + "Expect: 100-continue\r\n\r\n") == 404);
    for (const std::string path : {"/echo", "/item/7"}) {
        CHECK(refused("POST " + path + large + "X-Refuse: 1\r\n\r\n") == 401);
        CHECK(refused("POST " + path + large + "X-Refuse: 1\r\nExpect: 100-continue\r\n\r\n") == 401);
    }
    for (const std::string path : {"/echo", "/item/7", "/count"})
        for (const std::size_t size : {std::size_t{10}, k_mb}) {
            asked = 0;
            auto client = server.connect();
            client.send(most_of_upload(path, size));
            CHECK(client.stays_silent(20ms));
            client.send("u");
            const auto reply = client.read_reply();
            CHECK(reply->status == 200);
            CHECK(asked == 1);
            CHECK(reply->all("X-Seen") == std::vector<std::string>{"hook"});
            if (path == "/item/7") CHECK(reply->body == "7hook");
        }
}

TEST_CASE("bodies for which there is no room are a 503, and the room comes back") {
    auto options = quick_options();
    options.limits.spooled_bytes = 3 * k_mb;
    RunningServer server{[&](baton::Server& it) { it.Post("/hold", [&](const auto&, auto&) { server.gate.pass(); }); },
                         options};
    auto holds = server.connect();
    holds.send(most_of_upload("/hold", 2 * k_mb) + "u");
    REQUIRE(server.gate.wait_for(1));
    auto refused = server.connect();
    refused.send(most_of_upload("/echo", 2 * k_mb));
    CHECK(refused.read_reply()->status == 503);
    server.gate.open();
    CHECK(holds.read_reply()->status == 200);
    auto client = server.connect();
    client.send(most_of_upload("/echo", 2 * k_mb) + "u");
    CHECK(client.read_reply()->status == 200);
}

TEST_CASE("tiny chunks of a large body are written to its file together") {
    const auto written = [] {
        std::ifstream counts{"/proc/self/io"};
        for (std::string line; std::getline(counts, line);)
            if (line.rfind("syscw: ", 0) == 0) return std::stoul(line.substr(7));
        return 0UL;
    };
    const auto chunks = [](std::size_t count) {
        std::string text;
        for (std::size_t i = 0; i < count; ++i)
            text += "1\r\nx\r\n";
        return text + "0\r\n\r\n";
    };
    const std::string head = "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n";
    const RunningServer server;
    auto client = server.connect();
    const auto before = written();
    client.send(head + chunks(50'000));
    CHECK(client.read_reply()->body == std::string(50'000, 'x'));
    CHECK(written() - before < 1000);
}

TEST_CASE("a decoded body takes room as long as a streamed reply to it goes on") {
    auto options = quick_options();
    options.limits.spooled_bytes = 40 * k_mb;
    const RunningServer server{[](baton::Server& it) {
                                   it.Post("/stream", [](const auto&, auto& response) {
                                       response.set_chunked_content_provider(
                                           "text/plain", [](std::size_t, httplib::DataSink& sink) {
                                               return sink.write(std::string(1000, 's').data(), 1000);
                                           });
                                   });
                               },
                               options};
    const auto bytes = post("/stream", "gzip", gzip(std::string(10 * k_mb, 'x')));
    std::vector<Client> reading;
    for (int i = 0; i < 3; ++i) {
        reading.push_back(server.connect());
        reading.back().send(bytes);
        std::array<char, 12> status{};
        CHECK(::recv(reading.back().socket(), status.data(), status.size(), MSG_WAITALL) == 12);
        CHECK(std::string_view{status.data(), status.size()} == "HTTP/1.1 200");
    }
    auto refused = server.connect();
    refused.send(bytes);
    CHECK(refused.read_reply()->status == 503);
}

TEST_CASE("what clients leave unread of large replies takes room as bodies do, and is cut where there is none") {
    constexpr std::size_t k_reply_bytes = 20 * k_mb;
    auto options = quick_options();
    options.limits.spooled_bytes = 60 * k_mb;
    const RunningServer server{[](baton::Server& it) {
                                   it.Get("/large", [](const auto&, auto& response) {
                                       response.set_content(std::string(k_reply_bytes, 'x'),
                                                            "application/octet-stream");
                                   });
                               },
                               options};
    std::vector<Client> clients;
    for (int i = 0; i < 10; ++i) {
        clients.push_back(server.connect());
        clients.back().send(get_request("/large", "Connection: close\r\n"));
        CHECK(server.connect().get("/hello")->status == 200);
    }
    int whole = 0;
    for (auto& client : clients)
        whole += skim(client) > k_reply_bytes ? 1 : 0;
    CHECK(whole >= 2);
    CHECK(whole < 10);
    auto client = server.connect();
    client.send(get_request("/large"));
    CHECK(skim(client) > k_reply_bytes);
}

TEST_CASE("a body that is larger than files may be is a 503, and does not end the process") {
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const rlimit tight{k_mb, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &tight) == 0);
    const RunningServer server;
    for (const std::size_t size : {k_mb + 1, 2 * k_mb, k_mb}) {
        auto client = server.connect();
        client.send(most_of_upload("/echo", size) + "u");
        CHECK(client.read_reply()->status == (size > k_mb ? 503 : 200));
    }
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
}

TEST_CASE(
    "decoded bodies take room as others do, as long as their handlers have them, and those of readers take none") {
    auto options = quick_options();
    options.limits.spooled_bytes = 40 * k_mb;
    options.max_workers = 32;
    const auto small = gzip(std::string(10 * k_mb, 'x'));
    const auto parts = gzip("--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n" + std::string(10 * k_mb, 'x') +
                            "\r\n--b--\r\n");
    for (const bool hooked : {false, true})
        for (const auto& bytes : {post("/hold", "gzip", small),
                                  post("/hold", "gzip\r\nContent-Type: multipart/form-data; boundary=b", parts)}) {
            RunningServer server{[&](baton::Server& it) {
                                     add_reader(it);
                                     it.Post("/hold", [&](const auto&, auto&) { server.gate.pass(); });
                                     if (hooked)
                                         it.set_pre_routing_handler([](const auto&, auto&) {
                                             return httplib::Server::HandlerResponse::Unhandled;
                                         });
                                 },
                                 options};
            std::vector<Client> holding;
            for (int i = 1; i <= 3; ++i) { // three quarters of the room
                holding.push_back(server.connect());
                holding.back().send(bytes);
                REQUIRE(server.gate.wait_for(i));
            }
            for (int i = 0; i < 3; ++i) {
                auto other = server.connect();
                other.send(post("/count", "gzip", small));
                CHECK(other.read_reply()->body == std::to_string(10 * k_mb));
            }
            auto refused = server.connect();
            refused.send(bytes);
            CHECK(refused.read_reply()->status == 503);
            server.gate.open();
            for (auto& client : holding)
                CHECK(client.read_reply()->status == 200);
            auto client = server.connect();
            client.send(bytes);
            CHECK(client.read_reply()->status == 200);
        }
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) // their allocators keep what is freed
TEST_CASE("the memory of a crowd is given back when the crowd is gone, while the server idles") {
    const RunningServer server{[](baton::Server& it) {
        add_reader(it);
        it.Get("/large", [](const auto&, auto& response) {
            response.set_content(std::string(40 * k_mb, 'l'), "application/octet-stream");
        });
    }};
    CHECK(server.connect().get("/hello")->status == 200);
    const auto before = memory("VmRSS:");
    const auto crowd = [&](const std::string& begin, const std::string& end, int count) {
        std::vector<Client> clients;
        for (int i = 0; i < count; ++i) {
            clients.push_back(server.connect());
            clients.back().send(begin);
        }
        for (auto& client : clients) {
            client.send(end);
            CHECK(skim(client) > 0);
        }
        return clients;
    };
    const std::string upload = most_of_upload("/echo", 60'000);
    {
        const auto idle = crowd(get_request("/large"), "", 6);
        CHECK_MESSAGE(memory_comes_down_to(before + 15 * k_mb), (memory("VmRSS:") / k_mb));
    }
    {
        const auto idle = crowd(upload, "u", 800);
        CHECK_MESSAGE(memory_comes_down_to(before + 15 * k_mb), (memory("VmRSS:") / k_mb));
    }
    (void)crowd(most_of_upload("/count", k_mb), "u", 20);
    (void)crowd(upload, "u", 300);
    CHECK_MESSAGE(memory_comes_down_to(before + 15 * k_mb), (memory("VmRSS:") / k_mb));
}
#endif

TEST_CASE("a content reader sees its body while it comes, however small it is") {
    std::atomic<std::size_t> seen{0};
    const RunningServer server{[&](baton::Server& it) {
        it.Post("/ingest", [&](const auto&, auto& response, const httplib::ContentReader& read) {
            (void)read([&](const char*, std::size_t size) {
                seen += size;
                return true;
            });
            response.set_content("all", "text/plain");
        });
    }};
    for (const std::string framing :
         {"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "Content-Length: 10\r\n\r\nhello"}) {
        seen = 0;
        auto client = server.connect();
        client.send("POST /ingest HTTP/1.1\r\nHost: t\r\n" + framing);
        for (int i = 0; i < 500 && seen < 5; ++i)
            std::this_thread::sleep_for(10ms);
        CHECK(seen == 5);
        client.send(framing.front() == 'T' ? "5\r\nagain\r\n0\r\n\r\n" : "again");
        CHECK(client.read_reply()->body == "all");
        CHECK(seen == 10);
    }
}
