// SPDX-License-Identifier: MIT
// SHA-256 against the vectors of FIPS 180-4 (NIST's example values).
#include "base/digest.hpp"

#include <doctest/doctest.h>

#include <string>

namespace baton {
namespace {

TEST_CASE("the digest is SHA-256 in lower-case hex") {
    CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK(sha256_hex(std::string(1'000'000, 'a')) ==
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("it does not matter in which pieces the bytes come") {
    Sha256 digest;
    for (int i = 0; i < 1'000; ++i)
        digest.update(std::string(1'000, 'a'));
    digest.update("");
    CHECK(digest.hex() == sha256_hex(std::string(1'000'000, 'a')));
}

} // namespace
} // namespace baton
