// SPDX-License-Identifier: MIT
// Request bodies that came compressed: decoded for the handler, whatever it takes them as, and never without a bound.
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
            CHECK(peak_memory() - before < most);
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
