package io.carafe.linux.dbus;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a bus says that is not as it should be; the right one is in {@code UnitsTest}. */
@Timeout(30)
class BusTest {

    @TempDir
    private Path directory;

    private ServerSocketChannel server;

    @BeforeEach
    void listen() throws IOException {
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(directory.resolve("bus")));
    }

    @AfterEach
    void close() throws IOException {
        server.close();
    }

    @Test
    void aBusThatRefusesTheUserIsAnErrorInItsWords() {
        answer("REJECTED KERBEROS_V4\r\n", new byte[0]);

        var e = assertThrows(IOException.class, this::connect);

        assertEquals(true, e.getMessage().contains("REJECTED KERBEROS_V4"), e.getMessage());
    }

    @Test
    void aLineWithoutEndIsCutOff() {
        answer("O".repeat(5000), new byte[0]);

        assertThrows(CarafeException.Internal.class, this::connect);
    }

    @Test
    void aMessageThatSaysItIsHugeIsNotWaitedFor() {
        answer("OK 1\r\n", HexFormat.of().parseHex("6c020001ffffff7f0100000000000000"));

        assertThrows(CarafeException.Internal.class, this::connect);
    }

    @Test
    void aHeaderThatEndsWithinAValueIsMalformed() {
        // one header field: a string that says it has 255 bytes
        answer(
                "OK 1\r\n",
                HexFormat.of().parseHex("6c02000100000000010000000c000000" + "03017300ff00000061626364" + "00000000"));

        assertThrows(CarafeException.Internal.class, this::connect);
    }

    @Test
    void aBusThatDoesNotAnswerIsLeftAtTheDeadline() {
        answer("OK 1\r\n", new byte[0]);

        assertThrows(
                CarafeException.DeadlineExceeded.class,
                () -> Bus.connect(directory.resolve("bus"), Deadline.after(Duration.ofMillis(200))));
    }

    @Test
    void aCallIsMarshalledAsTheSpecificationSays() {
        var body = Body.of("a", "fail")
                .properties(List.of(new Body.Property("PIDs", new Value.Unsigned32s(List.of(7)))))
                .none("(sa(sv))");

        assertEquals("ssa(sv)a(sa(sv))", body.signature());
        assertArrayEquals(
                HexFormat.of()
                        .parseHex("01000000" + "6100" + "0000" // "a", padding
                                + "04000000" + "6661696c00" + "000000" // "fail", padding
                                + "18000000" // length of the array, whose first element needs no padding
                                + "04000000" + "5049447300" + "02617500" + "000000" // "PIDs", "au", padding
                                + "04000000" + "07000000"
                                + "00000000" + "00000000"), // nothing in the last array, padding to its elements
                body.bytes());
    }

    private Bus connect() throws IOException {
        return Bus.connect(directory.resolve("bus"), Deadline.after(Duration.ofSeconds(10)));
    }

    /** Accepts one client and says these things to it, whatever it says. */
    private void answer(String line, byte[] message) {
        Thread.ofVirtual().start(() -> {
            try (var client = server.accept()) {
                send(client, line.getBytes(StandardCharsets.US_ASCII));
                send(client, message);
                var _ = client.read(ByteBuffer.allocate(4096));
                while (client.read(ByteBuffer.allocate(4096)) >= 0) {
                    // until it leaves
                }
            } catch (IOException e) {
                // it has left
            }
        });
    }

    private static void send(SocketChannel client, byte[] bytes) throws IOException {
        var buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            client.write(buffer);
        }
    }
}
