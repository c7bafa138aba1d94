// SPDX-License-Identifier: MIT
#include "base/digest.hpp"

#include "base/error.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>

namespace baton {

struct Sha256::Context {
    EVP_MD_CTX* evp = EVP_MD_CTX_new();
    Context() = default;
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
    ~Context() { EVP_MD_CTX_free(evp); }
};

Sha256::Sha256() : context_{std::make_unique<Context>()} {
    if (EVP_DigestInit_ex(context_->evp, EVP_sha256(), nullptr) != 1)
        throw Error{"starting a SHA-256 digest: libcrypto refused"};
}

Sha256::~Sha256() = default;

void Sha256::update(std::string_view bytes) {
    if (EVP_DigestUpdate(context_->evp, bytes.data(), bytes.size()) != 1)
        throw Error{"computing a SHA-256 digest: libcrypto refused"};
}

std::string Sha256::hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    if (EVP_DigestFinal_ex(context_->evp, digest.data(), &length) != 1)
        throw Error{"ending a SHA-256 digest: libcrypto refused"};
    std::string text;
    for (unsigned i = 0; i < length; ++i)
        text += fmt::format("{:02x}", digest[i]);
    return text;
}

std::string sha256_hex(std::string_view bytes) {
    Sha256 digest;
    digest.update(bytes);
    return digest.hex();
}

} // namespace baton
