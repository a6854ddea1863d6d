package io.carafe.cli.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.proto.carafe.v1.CarafeGrpc;
import io.carafe.proto.carafe.v1.InfoRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is at the other end of a socket may be anything: each call ends, and says why. */
@Timeout(60)
final class HostileServerTest {

    private static final int LARGEST = 1000;

    /** {@code :status 200}, by its place in HPACK's static table. */
    private static final String OK = "88";

    private @TempDir Path dir;

    @Test
    void anotherProtocolIsNamed() throws IOException {
        var http1 = "HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
        assertTrue(cause(answered(http1)).contains("does not speak HTTP/2"));
    }

    @Test
    void endOfTheConnectionBeforeTheAnswerIsUnavailability() throws IOException {
        assertEquals(
                Status.Code.UNAVAILABLE,
                answered(frame(Frame.SETTINGS, 0, 0, "")).getCode());
        assertEquals(Status.Code.UNAVAILABLE, answered(new byte[] {0, 0, 9}).getCode());
    }

    @Test
    void answerWithoutAStatusIsAnError() throws IOException {
        var status = answered(frame(Frame.HEADERS, Frame.END_HEADERS | Frame.END_STREAM, 1, OK));
        assertEquals(Status.Code.INTERNAL, status.getCode());
    }

    @Test
    void otherHttpStatusIsTold() throws IOException {
        var status = answered(frame(Frame.HEADERS, Frame.END_HEADERS | Frame.END_STREAM, 1, "8d"));
        assertEquals("HTTP status 404", status.getDescription());
    }

    @Test
    void messageLongerThanAllowedIsNotRead() throws IOException {
        var status = answered(
                frame(Frame.HEADERS, Frame.END_HEADERS, 1, OK), frame(Frame.DATA, 0, 1, "00" + "7fffffff" + "00"));
        assertEquals(Status.Code.RESOURCE_EXHAUSTED, status.getCode());
        status = answered(frame(Frame.DATA, 0, 1, "00" + "ffffffff"));
        assertEquals(Status.Code.RESOURCE_EXHAUSTED, status.getCode());
    }

    @Test
    void compressedMessageIsAnError() throws IOException {
        assertEquals(
                Status.Code.INTERNAL,
                answered(frame(Frame.DATA, 0, 1, "01" + "00000001" + "00")).getCode());
    }

    @Test
    void bytesThatAreNoMessageEndTheCall() throws IOException {
        var status = answered(frame(Frame.DATA, Frame.END_STREAM, 1, "00" + "00000002" + "ffff"));
        assertEquals(Status.Code.CANCELLED, status.getCode());
    }

    @Test
    void headersThatCannotBeReadEndTheCall() throws IOException {
        for (var block : new String[] {
            "be", // of the dynamic table, which is empty
            "3fe11f", // that table made larger
            "0003616263", // a name without a value
            "000a6162", // longer than the block
            "00ffffffffff0f", // a number of more than 32 bits
            "008161" + "0161" // in Huffman code
        }) {
            var status = answered(frame(Frame.HEADERS, Frame.END_HEADERS, 1, block));
            assertEquals(Status.Code.UNAVAILABLE, status.getCode(), block);
            assertTrue(cause(status).contains("header"), block + ": " + cause(status));
        }
    }

    @Test
    void headersWithoutEndAreNotGathered() throws IOException {
        var piece = "00".repeat(Frame.LARGEST);
        var frames = new byte[8][];
        for (var n = 0; n < frames.length; n++) {
            frames[n] = frame(n == 0 ? Frame.HEADERS : Frame.CONTINUATION, 0, 1, piece);
        }
        assertTrue(cause(answered(frames)).contains("longer than"));
    }

    @Test
    void paddingLongerThanItsFrameEndsTheCall() throws IOException {
        assertTrue(cause(answered(frame(Frame.DATA, 0x8, 1, "ff00"))).contains("padding"));
    }

    /** The status of a call that is answered with these bytes, and then with the end of the connection. */
    private Status answered(byte[]... answer) throws IOException {
        var socket = dir.resolve("s");
        try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
            var serving = Thread.ofVirtual().start(() -> {
                try (var client = server.accept()) {
                    client.read(ByteBuffer.allocate(Frame.LARGEST));
                    for (var piece : answer) {
                        client.write(ByteBuffer.wrap(piece));
                    }
                } catch (IOException e) {
                    // the client has left
                }
            });
            try {
                return call(socket);
            } finally {
                serving.interrupt();
            }
        } finally {
            Files.delete(socket);
        }
    }

    private static Status call(Path socket) {
        var stub = CarafeGrpc.newBlockingStub(new UnixChannel(socket, LARGEST)).withDeadlineAfter(30, TimeUnit.SECONDS);
        return assertThrows(StatusRuntimeException.class, () -> stub.info(InfoRequest.getDefaultInstance()))
                .getStatus();
    }

    private static String cause(Status status) {
        return String.valueOf(status.getCause());
    }

    private static byte[] frame(int type, int flags, int stream, String hex) {
        return Frame.bytes(type, flags, stream, HexFormat.of().parseHex(hex)).array();
    }
}
