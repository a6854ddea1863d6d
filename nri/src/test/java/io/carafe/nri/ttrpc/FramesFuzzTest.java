package io.carafe.nri.ttrpc;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

class FramesFuzzTest {

    /** What a frame claims is not taken on trust, and wherever messages are cut, the same come out. */
    @FuzzTest
    void messagesAreTheSameHoweverTheyAreCut(byte[] data) throws IOException {
        var frames = frames(data);
        var cutUp = new ArrayList<byte[]>();
        for (var frame : frames) {
            for (byte one : frame) {
                cutUp.add(new byte[] {one});
            }
        }
        var asSent = messages(frames);
        var byteByByte = messages(cutUp);
        // a frame with a malformed message in it is lost as a whole, and the socket with it
        assertEquals(asSent, byteByByte.subList(0, asSent.size()));
    }

    /** Those before the first that is malformed or cut off. */
    private static List<byte[]> frames(byte[] data) throws IOException {
        var frames = new ArrayList<byte[]>();
        try {
            var reader = new FrameReader(new ByteArrayInputStream(data));
            for (var frame = reader.next(); frame.isPresent(); frame = reader.next()) {
                frames.add(frame.get().bytes());
            }
        } catch (MalformedException | EOFException expected) {
            // nothing can be found behind it
        }
        return frames;
    }

    private static List<String> messages(List<byte[]> frames) {
        var assembler = new MessageAssembler();
        var messages = new ArrayList<String>();
        try {
            for (var frame : frames) {
                assembler
                        .add(frame)
                        .forEach(message -> messages.add(HexFormat.of().formatHex(message.bytes())));
            }
        } catch (MalformedException expected) {
            // nor behind this
        }
        return messages;
    }
}
