// SPDX-License-Identifier: MIT
// POST /upload: sends a unique body in pieces; the reply must name its length and digest.
#pragma once

#include "load/script.hpp"

#include <openssl/evp.h>

#include <cstdint>

namespace baton::load {

class UploadScript final : public Script {
  public:
    /// Throws Error if libcrypto cannot compute SHA-256.
    UploadScript(const ModeConfig& mode, const Target& target);

    void compose(Request& request) override;
    /// A good reply is a JSON object with "length" (a number, or its digits in a string) and "sha256" (hex).
    [[nodiscard]] Verdict judge(const ReplyParser& reply, const Request& request) override;

  private:
    using Digest = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

    ModeConfig mode_;
    std::string head_;
    std::string common_;       ///< the body except its last bytes, the same in every upload
    std::size_t serial_bytes_; ///< the number of those last bytes
    std::uint64_t serial_ = 0;
    Digest common_digest_; ///< the state after common_, to continue from: digesting a megabyte would stall the loop
    Digest digest_;
};

} // namespace baton::load
