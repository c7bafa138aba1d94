// SPDX-License-Identifier: MIT
// Request bodies that come compressed, and those that come slowly: neither costs more than its bound.
#include "running_server.hpp"

#include <doctest/doctest.h>
#include <zlib.h>

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

/// The most memory this process has had resident since the last call of forget_peak(), in bytes; proc(5).
std::size_t peak_memory() {
    std::ifstream status{"/proc/self/status"};
    for (std::string line; std::getline(status, line);)
        if (line.rfind("VmHWM:", 0) == 0) return std::stoul(line.substr(6)) * 1024;
    return 0;
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
