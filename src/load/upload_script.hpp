// SPDX-License-Identifier: MIT
// POST /upload: a body unlike any other's, sent in pieces, whose length and digest the reply must name.
#pragma once

#include "load/script.hpp"

#include <openssl/evp.h>

#include <cstdint>

namespace baton::load {

class UploadScript final : public Script {
  public:
    /// Throws Error when libcrypto cannot compute SHA-256.
    UploadScript(const ModeConfig& mode, const Target& target);

    void compose(Request& request) override;
    /// Good is a JSON object with "length" (a number, or its digits in a string) and "sha256" (hex).
    [[nodiscard]] Verdict judge(const ReplyParser& reply, const Request& request) override;

  private:
    using Digest = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

    ModeConfig mode_;
    std::string head_;
    std::string common_;       ///< the body but for its last bytes, the same in every upload
    std::size_t serial_bytes_; ///< how many those last bytes are
    std::uint64_t serial_ = 0;
    Digest common_digest_; ///< of common_, to be continued: a digest a megabyte long would stall the loop
    Digest digest_;
};

} // namespace baton::load
