// SPDX-License-Identifier: MIT
// The check at start that the whole program uses the httplib that libbaton was built with.
#include <baton/httplib_seen.hpp>

#include "base/error.hpp"

#include <dlfcn.h>

#include <array>

namespace baton::engine {
namespace {

constexpr const char* k_hint =
    ". Remove the other copy from the include path, write '#include <httplib.h>', and compile "
    "with the flags of 'pkg-config --cflags baton'";

std::string describe(const HttplibSeen& seen) {
    std::string text = std::string{seen.version} + " with";
    constexpr std::array k_names{"OPENSSL", "ZLIB", "BROTLI", "ZSTD", "MBEDTLS", "WOLFSSL", "NO_EXCEPTIONS"};
    for (std::size_t i = 0; i < k_names.size(); ++i)
        if ((seen.switches >> i & 1U) != 0) text.append(" ").append(k_names[i]);
    return text + ", a Request of " + std::to_string(seen.request_bytes) + " bytes, a Server of " +
           std::to_string(seen.server_bytes);
}

bool same(const HttplibSeen& one, const HttplibSeen& other) noexcept {
    return std::string_view{one.version} == other.version && one.switches == other.switches &&
           one.request_bytes == other.request_bytes && one.response_bytes == other.response_bytes &&
           one.server_bytes == other.server_bytes && one.sink_bytes == other.sink_bytes;
}

/// Functions that the shared library defines, and that a copy of the header defines inline. A user of the copy has some
/// of them, and these then replace the library's for everybody. Mangled names, because the version decides which of
/// them exist.
constexpr std::array k_functions{
    "_ZN7httplib10ClientImplD1Ev",
    "_ZN7httplib10ClientImplD2Ev",
    "_ZN7httplib6ClientD1Ev",
    "_ZN7httplib6ServerD1Ev",
    "_ZN7httplib6ServerD2Ev",
    "_ZN7httplib10ClientImpl5send_EONS_7RequestE",
    "_ZNK7httplib7Request10has_headerERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE",
    "_ZNK7httplib8Response10has_headerERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE",
    "_ZN7httplib7Request10set_headerERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEES8_",
    "_ZN7httplib8Response10set_headerERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEES8_",
    "_ZN7httplib6detail18stream_line_reader7getlineEv",
    "_ZN7httplib6detail12close_socketEi",
};

/// The file in which the dynamic linker finds `function`; "": none.
std::string file_of(const char* function) {
    Dl_info info{};
    void* const found = ::dlsym(RTLD_DEFAULT, function);
    if (found == nullptr || ::dladdr(found, &info) == 0 || info.dli_fname == nullptr) return {};
    return info.dli_fname;
}

/// The file of the loaded shared library, if any: an all-inline header has none.
std::string library_file() {
    for (const auto* const function : k_functions) {
        auto file = file_of(function);
        if (file.find("libcpp-httplib") != std::string::npos) return file;
    }
    return {};
}

void look_for_copies() {
    const auto library = library_file();
    if (library.empty()) return;
    for (const auto* const function : k_functions) {
        const auto file = file_of(function);
        if (file.empty() || file == library) continue;
        throw Error{"starting: '" + file +
                    "' has functions of another copy of httplib.h, which would replace those in '" + library +
                    "': one of its source files includes that copy" + k_hint};
    }
}

} // namespace

HttplibCheck::HttplibCheck(const HttplibSeen& seen) {
    if (!same(seen, k_httplib_seen))
        throw Error{"starting: the program was compiled with another httplib.h (" + describe(seen) +
                    ") than libbaton (" + describe(k_httplib_seen) + ")" + k_hint};
    look_for_copies();
}

} // namespace baton::engine
