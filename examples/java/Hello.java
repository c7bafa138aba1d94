// SPDX-License-Identifier: MIT
// A web service. Server.java has the socket, the readiness and the drain.
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

public final class Hello {
    private static final Pattern VER = Pattern.compile("\"Ver\"\\s*:\\s*\"([^\"]*)\""); // the JDK reads no JSON
    private static final Pattern MS = Pattern.compile("ms=(\\d+)");

    public static void main(String[] arguments) throws Exception {
        // The working directory is the site's, as this release has it.
        var conf = VER.matcher(Files.readString(Path.of("watch.conf")));
        if (!conf.find()) throw new IOException("reading watch.conf: it has no Ver");
        var hello = String.format("{\"message\":\"hello\",\"ver\":\"%s\",\"pid\":\"%d\"}\n", conf.group(1), ProcessHandle.current().pid());
        new Server(request -> switch (request.method() + " " + request.path()) {
            case "GET /hello" -> Server.Reply.json(200, hello);
            case "POST /upload" -> upload(request);
            case "GET /slow" -> slow(request);
            default -> Server.Reply.json(404, "{\"error\":\"not found\"}\n");
        }).run();
    }

    private static Server.Reply upload(Server.Request request) throws IOException {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            var piece = new byte[65536];
            long length = 0;
            for (int size; (size = request.body().read(piece)) > 0; length += size) digest.update(piece, 0, size);
            var sha256 = HexFormat.of().formatHex(digest.digest());
            return Server.Reply.json(200, String.format("{\"length\":%d,\"sha256\":\"%s\"}\n", length, sha256));
        } catch (NoSuchAlgorithmException error) {
            throw new IOException(error);
        }
    }

    private static Server.Reply slow(Server.Request request) throws IOException {
        var ms = MS.matcher(request.query());
        try {
            Thread.sleep(ms.find() ? Long.parseLong(ms.group(1)) : 1000);
        } catch (InterruptedException error) {
            throw new IOException(error);
        }
        return Server.Reply.json(200, "{\"slept\":true}\n");
    }
}
