package io.carafe.nri.ttrpc;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.linux.socket.SocketPair;
import io.carafe.nri.ttrpc.wire.Request;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PeerTest {

    private static final Duration LONG = Duration.ofSeconds(20);

    private SocketPair sockets;

    @BeforeEach
    void open() throws IOException {
        sockets = SocketPair.open();
        sockets.theirs().nonBlocking();
    }

    @AfterEach
    void close() {
        sockets.close();
    }

    private Peer started(Peer.Side side, Peer.Service service) {
        var fd = side == Peer.Side.RUNTIME ? sockets.ours() : sockets.theirs();
        var peer = new Peer(side.name(), Trunk.of(fd), side, service);
        peer.start();
        return peer;
    }

    private static byte[] bytes(int count) {
        var bytes = new byte[count];
        new Random(1).nextBytes(bytes);
        return bytes;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 4066, 4096, 100_000, 4_194_000})
    void callsOfAnyLengthComeBackBothWays(int length) throws Exception {
        try (var runtime = started(Peer.Side.RUNTIME, (_, request) -> request);
                var plugin = started(Peer.Side.PLUGIN, (_, request) -> request)) {
            var payload = bytes(length);
            assertArrayEquals(payload, runtime.call("Any", payload, LONG));
            assertArrayEquals(payload, plugin.call("Any", payload, LONG));
        }
    }

    @Test
    void callsAreAnsweredOutOfOrder() throws Exception {
        var slow = new CountDownLatch(1);
        try (var runtime = started(Peer.Side.RUNTIME, (_, request) -> request);
                var _ = started(Peer.Side.PLUGIN, (method, request) -> {
                    if (method.equals("Slow")) {
                        awaitQuietly(slow);
                    }
                    return request;
                })) {
            var first = Thread.ofVirtual().start(() -> callQuietly(runtime, "Slow"));
            assertArrayEquals(bytes(3), runtime.call("Fast", bytes(3), LONG));
            assertTrue(first.isAlive());
            slow.countDown();
            first.join();
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            assertTrue(latch.await(20, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void callQuietly(Peer peer, String method) {
        try {
            var _ = peer.call(method, new byte[0], LONG);
        } catch (CallException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void refusalsComeBackWithCodeAndMessage() throws Exception {
        try (var runtime = started(Peer.Side.RUNTIME, (_, request) -> request);
                var _ = started(Peer.Side.PLUGIN, (_, _) -> {
                    throw new CallException.Refused(7, "not today");
                })) {
            var refused = assertThrows(CallException.Refused.class, () -> runtime.call("Any", new byte[0], LONG));
            assertEquals(7, refused.code());
            assertEquals("not today", refused.getMessage());
        }
    }

    @Test
    void aCallThatIsNotAnsweredTimesOutAndItsLateAnswerHarmsNobody() throws Exception {
        var slow = new CountDownLatch(1);
        try (var runtime = started(Peer.Side.RUNTIME, (_, request) -> request);
                var _ = started(Peer.Side.PLUGIN, (method, request) -> {
                    if (method.equals("Slow")) {
                        awaitQuietly(slow);
                    }
                    return request;
                })) {
            assertThrows(CallException.TimedOut.class, () -> runtime.call("Slow", new byte[0], Duration.ofMillis(50)));
            slow.countDown();
            assertArrayEquals(bytes(5), runtime.call("Fast", bytes(5), LONG));
        }
    }

    @Test
    void aPeerThatReadsNothingMakesCallsTimeOut() {
        try (var runtime = started(Peer.Side.RUNTIME, (_, request) -> request)) {
            for (int i = 0; i < 40; i++) { // more than the queue and the socket's buffer hold
                assertThrows(
                        CallException.TimedOut.class, () -> runtime.call("Any", bytes(100_000), Duration.ofMillis(10)));
            }
        }
    }

    @Test
    void callsThatWaitFailWhenThePeerGoes() throws Exception {
        var called = new CountDownLatch(1);
        try (var runtime = started(Peer.Side.RUNTIME, (_, request) -> request)) {
            var plugin = started(Peer.Side.PLUGIN, (_, request) -> {
                called.countDown();
                awaitQuietly(new CountDownLatch(1));
                return request;
            });
            Thread.ofVirtual().start(() -> {
                awaitQuietly(called);
                plugin.close();
            });
            assertThrows(CallException.Lost.class, () -> runtime.call("Any", new byte[0], LONG));
            assertThrows(CallException.Lost.class, () -> runtime.call("Any", new byte[0], LONG));
        }
    }

    @Test
    void messagesThatAreTooLongAreNotEvenSent() {
        try (var runtime = started(Peer.Side.RUNTIME, (_, request) -> request)) {
            var refused = assertThrows(
                    CallException.Refused.class, () -> runtime.call("Any", new byte[Message.LARGEST_DATA], LONG));
            assertEquals(CallException.Refused.RESOURCE_EXHAUSTED, refused.code());
        }
    }

    private String closedBy(byte[]... raw) throws IOException {
        try (var runtime = started(Peer.Side.RUNTIME, (_, request) -> request)) {
            OutputStream out = sockets.theirs().output();
            for (var bytes : raw) {
                out.write(bytes);
            }
            return runtime.closed().orTimeout(20, TimeUnit.SECONDS).join();
        }
    }

    private static byte[] frame(int connection, byte[] content) {
        return ByteBuffer.allocate(8 + content.length)
                .putInt(connection)
                .putInt(content.length)
                .put(content)
                .array();
    }

    private static byte[] request(int stream) {
        return new Message(stream, Message.REQUEST, Request.getDefaultInstance().toByteArray()).bytes();
    }

    @Test
    void malformedFramesCloseTheConnectionAndSayWhy() throws Exception {
        var tooLong = ByteBuffer.allocate(8).putInt(2).putInt(-1).array();
        assertTrue(closedBy(tooLong).contains("a frame claims 4294967295 bytes"));
    }

    @Test
    void malformedMessagesCloseTheConnection() throws Exception {
        var header = ByteBuffer.allocate(10).putInt(Message.LARGEST_DATA + 1).array();
        assertTrue(closedBy(frame(2, header)).contains("a message claims 4194305 bytes"));
    }

    @Test
    void connectionsThatDoNotExistCloseTheSocket() throws Exception {
        assertTrue(closedBy(frame(3, new byte[1])).contains("connection 3"));
    }

    @Test
    void streamsThatAreUsedAgainCloseTheConnection() throws Exception {
        assertTrue(closedBy(frame(2, request(3)), frame(2, request(3))).contains("stream 3 after 3"));
    }

    @Test
    void evenStreamsCloseTheConnection() throws Exception {
        assertTrue(closedBy(frame(2, request(2))).contains("stream 2"));
    }

    @Test
    void garbageIsAnsweredOrClosesTheConnectionButNeverHangs() throws Exception {
        var reason = closedBy(bytes(4096));
        assertTrue(reason.contains("breaks the protocol"), reason);
    }

    @Test
    void messagesAreFoundWhateverTheCuts() throws Exception {
        var all = new ByteArrayOutputStream();
        all.write(new Message(1, Message.REQUEST, bytes(300)).bytes());
        all.write(new Message(3, Message.REQUEST, new byte[0]).bytes());
        all.write(new Message(5, Message.REQUEST, bytes(20)).bytes());
        for (int size : new int[] {1, 7, 10, 11, 400}) {
            var assembler = new MessageAssembler();
            var messages = new ArrayList<Message>();
            for (int at = 0; at < all.size(); at += size) {
                messages.addAll(
                        assembler.add(Arrays.copyOfRange(all.toByteArray(), at, Math.min(at + size, all.size()))));
            }
            assertEquals(3, messages.size());
            assertArrayEquals(bytes(300), messages.getFirst().data());
            assertEquals(5, messages.getLast().stream());
        }
    }

    /** What the Go library's reader, which takes each frame with one read into 4096 bytes, can take. */
    @Test
    void longMessagesAreCutSoThatTheGoLibraryCanReadThem() throws Exception {
        var out = new ByteArrayOutputStream();
        new FrameWriter(out).write(1, bytes(10_000));
        var frames = ByteBuffer.wrap(out.toByteArray());
        assertEquals(1, frames.getInt());
        assertEquals(4096, frames.getInt());
        frames.position(frames.position() + 4096);
        assertEquals(1, frames.getInt());
        assertEquals(10_000 - 4096, frames.getInt());
    }

    @Test
    void aCallOfAnotherServiceIsRefused() throws Exception {
        try (var runtime = started(Peer.Side.RUNTIME, (_, request) -> request)) {
            var request = Request.newBuilder()
                    .setService("some.Other")
                    .setMethod("Any")
                    .build();
            sockets.theirs().output().write(frame(2, new Message(1, Message.REQUEST, request.toByteArray()).bytes()));
            var answer = new byte[64];
            int count = sockets.theirs().input().read(answer);
            assertTrue(new String(answer, 0, count, StandardCharsets.UTF_8).contains("service some.Other"));
            assertTrue(!runtime.closed().isDone());
        }
    }
}
