// SPDX-License-Identifier: MIT
// Which httplib.h a source file sees. An httplib.h other than libbaton's has other layouts under the same names: the
// program would compile and link, and then corrupt memory. So the compiler and the Server's constructor compare them.
#pragma once

#if __has_include(<baton/built_with.hpp>)
#include <baton/built_with.hpp>
#endif
#include <httplib.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>

namespace baton::engine {

/// The switches of httplib.h that change the layout of what it declares.
constexpr unsigned k_httplib_switches = 0U
#ifdef CPPHTTPLIB_OPENSSL_SUPPORT
                                        | 1U
#endif
#ifdef CPPHTTPLIB_ZLIB_SUPPORT
                                        | 2U
#endif
#ifdef CPPHTTPLIB_BROTLI_SUPPORT
                                        | 4U
#endif
#ifdef CPPHTTPLIB_ZSTD_SUPPORT
                                        | 8U
#endif
#ifdef CPPHTTPLIB_MBEDTLS_SUPPORT
                                        | 16U
#endif
#ifdef CPPHTTPLIB_WOLFSSL_SUPPORT
                                        | 32U
#endif
#ifdef CPPHTTPLIB_NO_EXCEPTIONS
                                        | 64U
#endif
    ;

struct HttplibSeen {
    const char* version;
    unsigned switches;
    std::size_t request_bytes;
    std::size_t response_bytes;
    std::size_t server_bytes;
    std::size_t sink_bytes;
};
constexpr HttplibSeen k_httplib_seen{CPPHTTPLIB_VERSION,        k_httplib_switches,      sizeof(httplib::Request),
                                     sizeof(httplib::Response), sizeof(httplib::Server), sizeof(httplib::DataSink)};

/// The first base of a Server: checks before httplib's part is constructed. Throws std::runtime_error if `seen` is not
/// what libbaton was built with, or if a part of the program contains functions of another copy.
class HttplibCheck {
  protected:
    explicit HttplibCheck(const HttplibSeen& seen);
};

#ifdef BATON_BUILT_WITH_HTTPLIB
constexpr bool k_httplib_fits =
    std::string_view{CPPHTTPLIB_VERSION} == BATON_BUILT_WITH_HTTPLIB && k_httplib_switches == BATON_BUILT_WITH_SWITCHES;
static_assert(k_httplib_fits,
              "this httplib.h is not the one that libbaton was built with, version " BATON_BUILT_WITH_HTTPLIB
              ". Remove the other copy from the include path (the note below names its file), write "
              "'#include <httplib.h>', and compile with the flags of 'pkg-config --cflags baton'");
struct TheOtherHttplib {};
using HttplibFile = decltype(std::declval<httplib::Server&>().set_default_headers(
    std::declval<std::conditional_t<k_httplib_fits, httplib::Headers, TheOtherHttplib>>()));
#endif

} // namespace baton::engine
