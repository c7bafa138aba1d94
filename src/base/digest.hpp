// SPDX-License-Identifier: MIT
// SHA-256 (FIPS 180-4) by libcrypto, as 64 lower-case hex digits.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace baton {

class Sha256 {
  public:
    Sha256();
    ~Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;

    void update(std::string_view bytes);
    /// The digest of all data given so far; call once.
    [[nodiscard]] std::string hex();

  private:
    struct Context;
    std::unique_ptr<Context> context_;
};

[[nodiscard]] std::string sha256_hex(std::string_view bytes);

} // namespace baton
