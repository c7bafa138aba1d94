// SPDX-License-Identifier: MIT
// Percent-encoding: every string of bytes becomes one word and comes back.
#include "base/percent.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <random>
#include <string>

namespace baton {
namespace {

TEST_CASE("plain text stays readable, the rest is %XX, and the empty string is a word too") {
    CHECK(percent_encode("bin/shop-1.2_x=+:,@") == "bin/shop-1.2_x=+:,@");
    CHECK(percent_encode("a b\n%") == "a%20b%0A%25");
    CHECK(percent_encode(std::string_view{"\0\xFF", 2}) == "%00%FF");
    CHECK(percent_encode("") == "%");
}

TEST_CASE("every byte comes back, alone and in any mixture, and the word has no white space, quote or control") {
    std::mt19937 random{1}; // always the same bytes
    for (int round = 0; round < 2000; ++round) {
        std::string bytes;
        if (round < 256)
            bytes = static_cast<char>(round);
        else
            for (auto length = random() % 40; length > 0; --length)
                bytes += static_cast<char>(random());
        const auto word = percent_encode(bytes);
        REQUIRE(percent_decode(word) == bytes);
        REQUIRE(word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789./_-=+:,@%") ==
                word.npos);
        REQUIRE_FALSE(word.empty());
    }
}

TEST_CASE("what is no such word is not decoded") {
    for (const std::string_view word :
         {"%2", "%zz", "%%", "a%", "a b", "\n", "\"", "%0x", "%+1", "%-1", "a\xC3\xA4", "% 1"}) {
        CAPTURE(word);
        CHECK(percent_decode(word) == std::nullopt);
    }
}

} // namespace
} // namespace baton
