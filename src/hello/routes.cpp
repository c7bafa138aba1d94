// SPDX-License-Identifier: MIT
#include "routes.hpp"

#include <nlohmann/json.hpp>
#include <openssl/evp.h>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <memory>
#include <thread>

namespace hello {
namespace {

using httplib::Request;
using httplib::Response;
using std::chrono::milliseconds;

constexpr long k_most_ms = 600'000;
constexpr long k_most_chunks = 1'000'000;

/// The query's number `key`, from 0 to `most`; `otherwise` if it is missing.
long number_of(const Request& request, const char* key, long otherwise, long most) {
    const auto text = request.get_param_value(key);
    long number = otherwise;
    (void)std::from_chars(text.data(), text.data() + text.size(), number);
    return std::clamp(number, 0L, most);
}

class Digest {
  public:
    Digest() { (void)EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr); }
    void update(const char* data, std::size_t size) { (void)EVP_DigestUpdate(context_.get(), data, size); }
    [[nodiscard]] std::string hex() {
        std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
        unsigned size = 0;
        (void)EVP_DigestFinal_ex(context_.get(), bytes.data(), &size);
        std::string text;
        for (unsigned i = 0; i < size; ++i) {
            constexpr std::string_view k_digits = "0123456789abcdef";
            text += k_digits[bytes[i] >> 4U];
            text += k_digits[bytes[i] & 15U];
        }
        return text;
    }

  private:
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
};

void answer_slowly(const Request& request, Response& response) {
    const auto time = number_of(request, "ms", 1000, k_most_ms);
    std::this_thread::sleep_for(milliseconds{time});
    response.set_content("slept " + std::to_string(time) + " ms\n", "text/plain");
}

/// Passes on a body as it arrives, or the contents of a form's fields, one after another.
void answer_upload(const Request& request, Response& response, const httplib::ContentReader& read) {
    Digest digest;
    std::size_t length = 0;
    const auto take = [&](const char* data, std::size_t size) {
        digest.update(data, size);
        length += size;
        return true;
    };
    const bool whole = request.is_multipart_form_data()
                           ? read([](const httplib::MultipartFormData&) { return true; }, take)
                           : read(take);
    if (!whole) return; // httplib and libbaton report what was wrong
    const nlohmann::json reply{{"length", length}, {"sha256", digest.hex()}};
    response.set_content(reply.dump() + "\n", "application/json");
}

void answer_stream(const Request& request, Response& response) {
    const auto chunks = number_of(request, "n", 10, k_most_chunks);
    const auto pause = milliseconds{number_of(request, "ms", 100, k_most_ms)};
    response.set_chunked_content_provider("text/plain",
                                          [chunks, pause, sent = 0L](std::size_t, httplib::DataSink& sink) mutable {
                                              if (sent == chunks) {
                                                  sink.done();
                                                  return true;
                                              }
                                              if (sent > 0) std::this_thread::sleep_for(pause);
                                              const auto line = "chunk " + std::to_string(++sent) + "\n";
                                              return sink.write(line.data(), line.size());
                                          });
}

} // namespace

void add_routes(baton::Server& server, const std::string& version) {
    const nlohmann::json hello{{"message", "hello"}, {"ver", version}, {"pid", std::to_string(::getpid())}};
    server.Get("/hello", [body = hello.dump()](const Request&, Response& response) {
        response.set_content(body, "application/json");
    });
    server.Get("/healthz", [](const Request&, Response& response) { response.set_content("ok\n", "text/plain"); });
    server.Get("/slow", answer_slowly);
    server.Get("/stream", answer_stream);
    server.Post("/upload", answer_upload);
}

} // namespace hello
