// SPDX-License-Identifier: MIT
// HTTP/1.1 on the socket that systemd holds, with a drain that fails no request. A thread for each connection; JDK alone, 17 or newer.
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;

public final class Server {
    private static final long IDLE_LIMIT_MS = 10_000; // after SIGTERM: how long a kept connection may wait for its last request
    private static final long FINISH_LIMIT_MS = 60_000; // ... and then: how long a request may take. Less than TimeoutStopSec= (90 s)
    private static final int READ_LIMIT_MS = 75_000; // how long a client may say nothing
    private static final int HEAD_LIMIT_BYTES = 65_536;

    /** body() must be read before the reply, as far as it is wanted; the rest is skipped. */
    public record Request(String method, String path, String query, Map<String, String> headers, InputStream body) {}

    public record Reply(int status, String type, byte[] body) {
        public static Reply json(int status, String text) {
            return new Reply(status, "application/json", text.getBytes(StandardCharsets.UTF_8));
        }
    }

    public interface Handler {
        Reply handle(Request request) throws IOException;
    }

    private final class Connection implements Runnable {
        private final SocketChannel channel;
        private volatile boolean busy;

        Connection(SocketChannel channel) {
            this.channel = channel;
        }

        @Override
        public void run() {
            try (channel) {
                channel.socket().setTcpNoDelay(true);
                channel.socket().setSoTimeout(READ_LIMIT_MS);
                var in = new BufferedInputStream(channel.socket().getInputStream(), 16_384);
                while (answer(in)) busy = false;
            } catch (IOException error) {
                // The client left or said nothing, or the drain closed an idle connection.
            } catch (RuntimeException error) {
                error.printStackTrace();
            } finally {
                connections.remove(this);
            }
        }

        /** Whether the connection is kept. */
        private boolean answer(BufferedInputStream in) throws IOException {
            var line = readLine(in);
            if (line == null) return false;
            busy = true;
            var words = line.split(" ");
            var headers = readHeaders(in);
            if (words.length != 3 || headers == null) return reply(Reply.json(400, "{\"error\":\"bad request\"}\n"), false);
            var body = body(headers, in);
            var target = words[1].split("\\?", 2);
            if ("100-continue".equalsIgnoreCase(headers.get("expect")))
                write("HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            var reply = handler.handle(new Request(words[0], target[0], target.length > 1 ? target[1] : "", headers, body));
            body.skip(Long.MAX_VALUE);
            return reply(reply, words[2].equals("HTTP/1.1") && !"close".equalsIgnoreCase(headers.get("connection")));
        }

        private boolean reply(Reply reply, boolean keep) throws IOException {
            keep = keep && !draining; // once the drain has begun, each connection ends with its next reply
            var head = String.format("HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n%s\r\n", reply.status(),
                reply.status() < 400 ? "OK" : "Error", reply.type(), reply.body().length, keep ? "" : "Connection: close\r\n");
            var whole = new ByteArrayOutputStream();
            whole.writeBytes(head.getBytes(StandardCharsets.US_ASCII));
            whole.writeBytes(reply.body());
            write(whole.toByteArray());
            return keep;
        }

        private void write(byte[] bytes) throws IOException {
            for (var left = ByteBuffer.wrap(bytes); left.hasRemaining();) channel.write(left);
        }
    }

    private final Handler handler;
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
    private volatile boolean draining;

    public Server(Handler handler) {
        this.handler = handler;
    }

    /** Serves until SIGTERM, then drains; returns only by an exception. */
    public void run() throws Exception {
        if (!(System.inheritedChannel() instanceof ServerSocketChannel listener)) {
            System.err.println("descriptor 0 is not a listening socket; without baton: systemd-socket-activate -l 8080 ./serve");
            System.exit(1);
            return;
        }
        logToJournal(); // System.inheritedChannel() has pointed descriptors 1 and 2 to /dev/null
        var stopped = new CountDownLatch(1);
        // The JVM runs this at SIGTERM, and exits when it has returned: with status 143, which SITE@.service takes for success.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> drain(listener)));
        notifyReady();
        for (;;) {
            Connection connection;
            try {
                connection = new Connection(listener.accept());
            } catch (ClosedChannelException closed) {
                stopped.await(); // the hook ends the JVM
                return;
            }
            connections.add(connection);
            new Thread(connection).start();
        }
    }

    private void drain(ServerSocketChannel listener) {
        try {
            draining = true;
            listener.close(); // connections that wait in the queue are for the next release
            waitFor(IDLE_LIMIT_MS);
            for (var connection : connections)
                if (!connection.busy) connection.channel.close();
            waitFor(FINISH_LIMIT_MS);
        } catch (IOException | InterruptedException error) {
            error.printStackTrace();
        }
    }

    private void waitFor(long milliseconds) throws InterruptedException {
        Thread.sleep(20); // what was accepted last becomes a connection
        for (var limit = System.nanoTime() + milliseconds * 1_000_000; !connections.isEmpty() && System.nanoTime() < limit;)
            Thread.sleep(20);
    }

    /** Java has no datagrams on unix sockets; so a child says it, and the unit needs NotifyAccess=all. */
    private static void notifyReady() throws IOException, InterruptedException {
        if (System.getenv("NOTIFY_SOCKET") == null) return;
        if (new ProcessBuilder("systemd-notify", "--ready").start().waitFor() != 0)
            throw new IOException("saying READY=1: systemd-notify --ready failed");
    }

    /** What System.out and System.err print goes to the journal again: the stream that systemd itself gives to services. */
    private static void logToJournal() throws IOException {
        if (System.getenv("JOURNAL_STREAM") == null) return;
        var journal = SocketChannel.open(UnixDomainSocketAddress.of("/run/systemd/journal/stdout"));
        OutputStream stream = Channels.newOutputStream(journal);
        stream.write("java\n\n6\n1\n0\n0\n0\n".getBytes(StandardCharsets.US_ASCII)); // name, unit, priority info, prefixes such as <3>
        System.setOut(new PrintStream(stream, true));
        System.setErr(new PrintStream(stream, true));
    }

    /** A line without its end; null at the end of the connection. */
    private static String readLine(BufferedInputStream in) throws IOException {
        var line = new ByteArrayOutputStream();
        for (int c; (c = in.read()) != '\n';) {
            if (c < 0) return null;
            if (line.size() == HEAD_LIMIT_BYTES) throw new IOException("a line without end");
            if (c != '\r') line.write(c);
        }
        return line.toString(StandardCharsets.ISO_8859_1);
    }

    private static Map<String, String> readHeaders(BufferedInputStream in) throws IOException {
        var headers = new HashMap<String, String>();
        for (String line; (line = readLine(in)) != null && headers.size() < 200;) {
            if (line.isEmpty()) return headers;
            var colon = line.indexOf(':');
            if (colon < 1) return null;
            headers.put(line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
        }
        return null;
    }

    private static InputStream body(Map<String, String> headers, BufferedInputStream in) throws IOException {
        var coding = headers.get("transfer-encoding");
        if (coding != null && !coding.equalsIgnoreCase("chunked")) throw new IOException("an unknown transfer coding");
        return new Body(in, coding == null ? Long.parseLong(headers.getOrDefault("content-length", "0")) : 0, coding != null);
    }

    /** The body of one request; ends where the request ends. */
    private static final class Body extends InputStream {
        private final BufferedInputStream in;
        private final boolean chunked;
        private long left; // of the body, or of the chunk
        private boolean ended;
        private boolean first = true;

        Body(BufferedInputStream in, long length, boolean chunked) {
            this.in = in;
            this.left = length;
            this.chunked = chunked;
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] to, int offset, int size) throws IOException {
            if (size == 0) return 0;
            if (left == 0 && !ended) nextChunk();
            if (ended) return -1;
            int got = in.read(to, offset, (int) Math.min(size, left));
            if (got < 0) throw new IOException("the client left in the middle of a body");
            left -= got;
            return got;
        }

        private void nextChunk() throws IOException {
            if (chunked && !first) readLine(in); // the end of the last chunk's line
            first = false;
            var line = chunked ? readLine(in) : "0";
            if (line == null) throw new IOException("the client left in the middle of a body");
            left = Long.parseLong(line.split(";")[0].strip(), 16);
            ended = left == 0;
            if (chunked && ended)
                while ((line = readLine(in)) != null && !line.isEmpty()) continue; // trailers
        }
    }
}
