// SPDX-License-Identifier: MIT
#include "deploy/tell/socket_advice.hpp"

#include "base/elf_notes.hpp"
#include "base/interpreter.hpp"
#include "deploy/tell/script_note.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <sstream>
#include <string_view>
#include <vector>

namespace baton::deploy {
namespace fs = std::filesystem;
namespace {

struct Language {
    std::string_view program; ///< the beginning of the interpreter's name: "python3.11"
    std::string_view advice;
};

constexpr std::string_view k_go = "in Go: net.FileListener(os.NewFile(3, \"\"))";
// What is more special comes first: a script that starts gunicorn names python too.
constexpr std::array k_languages{
    Language{"gunicorn", "gunicorn takes it from LISTEN_FDS without --bind"},
    Language{"uvicorn", "uvicorn takes it with --fd 3"},
    Language{"hypercorn", "hypercorn takes it with --bind fd://3"},
    Language{"puma", "Puma takes it with --bind-to-activated-sockets"},
    Language{"granian", "granian always binds an address of its own; gunicorn and uvicorn can take the socket"},
    Language{"bun", "Bun cannot take a passed socket; Node can: server.listen({fd: 3})"},
    Language{"npm", "in Node: server.listen({fd: 3})"},
    Language{"node", "in Node: server.listen({fd: 3})"},
    Language{"deno", "in Node: server.listen({fd: 3})"},
    Language{"python", "in Python: socket.socket(fileno=3)"},
    Language{"ruby", "in Ruby: TCPServer.for_fd(3)"},
    Language{"java", "in Java: System.inheritedChannel(), which wants it as descriptor 0: \"StandardInput\": "
                     "\"socket\" in watch.conf"},
    Language{"perl", "in Perl: IO::Socket::INET->new_from_fd(3, 'r+')"},
};
constexpr std::string_view k_any = "it is descriptor 3, sd_listen_fds(3)";

/// "python", "python3", "python3.11"; not "pythonic".
bool is(std::string_view name, std::string_view program) {
    return name.starts_with(program) && name.find_first_not_of("0123456789.", program.size()) == name.npos;
}

/// The first of the table that one of these programs is.
std::string_view advice_for(const std::vector<std::string>& programs) {
    for (const auto& [program, advice] : k_languages)
        for (const auto& path : programs)
            if (is(fs::path{path}.filename().native(), program)) return advice;
    return {};
}

std::string_view advice_for_script(const ScriptLine& line, const fs::path& program) {
    std::vector<std::string> programs{program.native(), line.interpreter};
    std::istringstream argument{line.argument}; // of env, say
    programs.insert(programs.end(), std::istream_iterator<std::string>{argument}, {});
    const auto advice = advice_for(programs);
    return advice.empty() ? advice_for(script_words(program)) : advice; // a shell script, whatever it starts
}

} // namespace

std::string socket_advice(const fs::path& program) {
    std::string_view advice;
    if (const auto line = script_line_of(program))
        advice = advice_for_script(*line, program);
    else
        advice = advice_for({program.native()});
    const auto owners = elf_note_owners(program);
    if (advice.empty() && std::find(owners.begin(), owners.end(), "Go") != owners.end()) advice = k_go;
    return std::string{advice.empty() ? k_any : advice};
}

} // namespace baton::deploy
