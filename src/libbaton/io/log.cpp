// SPDX-License-Identifier: MIT
#include "libbaton/io/log.hpp"

#include <unistd.h>

#include <cstdlib>
#include <string>

namespace baton::engine {

void log(Level level, std::string_view text) noexcept {
    try {
        std::string line;
        if (std::getenv("JOURNAL_STREAM") != nullptr) line = "<" + std::to_string(static_cast<int>(level)) + ">";
        line += "baton: ";
        for (const char c : text)
            line += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
        line += '\n';
        (void)!::write(STDERR_FILENO, line.data(), line.size()); // if that fails, nobody is left to tell
    } catch (...) {                                              // out of memory: the line is lost
    }
}

void log_current_exception(std::string_view doing) noexcept {
    try {
        try {
            throw;
        } catch (const std::exception& error) {
            log(Level::error, std::string{doing} + ": " + error.what());
        } catch (...) {
            log(Level::error, std::string{doing} + ": an exception of unknown type");
        }
    } catch (...) { // no memory for the text
        log(Level::error, doing);
    }
}

} // namespace baton::engine
