// SPDX-License-Identifier: MIT
// Makes bodies with a serial number at the end, and checks what the server says it received.
#include "load/upload_script.hpp"

#include "base/error.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <random>

namespace baton::load {
namespace {

constexpr std::size_t k_serial_bytes = 16;

void require(int done) {
    if (done != 1) throw Error{"computing the SHA-256 of an upload: libcrypto failed"};
}

/// Bytes that do not compress and contain CR, LF and NUL. They are the same in each run, so a failure can be
/// reproduced.
std::string noise(std::size_t size) {
    std::mt19937_64 random{size}; // NOLINT: not used for secrets
    std::string text(size, '\0');
    for (auto& c : text)
        c = static_cast<char>(random() & 0xff);
    return text;
}

bool names_length(const nlohmann::json& reply, std::size_t length) {
    const auto found = reply.find("length");
    if (found == reply.end()) return false;
    if (found->is_number_unsigned()) return found->get<std::uint64_t>() == length;
    return found->is_string() && found->get_ref<const std::string&>() == fmt::format("{}", length);
}

} // namespace

UploadScript::UploadScript(const ModeConfig& mode, const Target& target)
    : mode_{mode},
      serial_bytes_{std::min(mode.body_bytes, k_serial_bytes)},
      common_digest_{EVP_MD_CTX_new(), &EVP_MD_CTX_free},
      digest_{EVP_MD_CTX_new(), &EVP_MD_CTX_free} {
    const auto framing =
        mode.chunked ? std::string{"Transfer-Encoding: chunked"} : fmt::format("Content-Length: {}", mode.body_bytes);
    head_ = fmt::format("POST /upload HTTP/1.1\r\nHost: {}\r\nUser-Agent: baton-load\r\n"
                        "Content-Type: application/octet-stream\r\n{}\r\n\r\n",
                        target.host(), framing);
    if (mode.chunked && mode.body_bytes == 0) head_ += "0\r\n\r\n"; // no piece will contain the last chunk
    common_ = noise(mode.body_bytes - serial_bytes_);
    require(EVP_DigestInit_ex(common_digest_.get(), EVP_sha256(), nullptr));
    require(EVP_DigestUpdate(common_digest_.get(), common_.data(), common_.size()));
}

void UploadScript::compose(Request& request) {
    const auto serial = fmt::format("{:016x}", ++serial_).substr(k_serial_bytes - serial_bytes_);
    request.head = head_;
    request.body.assign(common_).append(serial);
    request.chunked = mode_.chunked;
    request.piece_bytes = std::max<std::size_t>(1, (request.body.size() + mode_.pieces - 1) / mode_.pieces);
    request.pause = mode_.pieces > 1 ? mode_.delay / (mode_.pieces - 1) : Duration::zero();

    std::array<unsigned char, EVP_MAX_MD_SIZE> raw{};
    unsigned size = 0;
    require(EVP_MD_CTX_copy_ex(digest_.get(), common_digest_.get()));
    require(EVP_DigestUpdate(digest_.get(), serial.data(), serial.size()));
    require(EVP_DigestFinal_ex(digest_.get(), raw.data(), &size));
    request.digest.clear();
    for (unsigned i = 0; i < size; ++i)
        fmt::format_to(std::back_inserter(request.digest), "{:02x}", raw[i]);
}

Verdict UploadScript::judge(const ReplyParser& reply, const Request& request) {
    const auto root = nlohmann::json::parse(reply.body(), nullptr, /*allow_exceptions=*/false);
    if (!root.is_object()) return {"not a JSON object"};
    if (!names_length(root, request.body.size())) return {"the wrong length"};
    const auto digest = root.find("sha256");
    if (digest == root.end() || *digest != request.digest) return {"the wrong sha256"};
    return {};
}

} // namespace baton::load
