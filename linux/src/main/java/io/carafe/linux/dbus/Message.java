package io.carafe.linux.dbus;

/**
 * A message from the bus.
 *
 * @param serial of its sender
 * @param replySerial of the call that it answers, or 0
 * @param member of a signal; empty in replies
 * @param errorName of an error; empty otherwise
 * @param signature of the body
 */
public record Message(
        Type type, int serial, int replySerial, String member, String errorName, String signature, Reader body) {

    /** What a message is for. */
    public enum Type {
        CALL(1),
        REPLY(2),
        ERROR(3),
        SIGNAL(4);

        private final int number;

        Type(int number) {
            this.number = number;
        }

        private static Type of(int number) {
            for (var type : values()) {
                if (type.number == number) {
                    return type;
                }
            }
            throw Malformed.message("unknown type " + number);
        }
    }

    private static final byte LITTLE_ENDIAN = 'l';
    private static final int VERSION = 1;

    /** A call that wants an answer. */
    static byte[] call(int serial, String destination, String path, String face, String member, Body body) {
        var arguments = body.bytes();
        var message = new Body();
        message.putByte(LITTLE_ENDIAN);
        message.putByte(Type.CALL.number);
        message.putByte(0);
        message.putByte(VERSION);
        message.putUnsigned32(arguments.length);
        message.putUnsigned32(serial);
        message.putArray(8, () -> {
            message.putField(1, "o", path);
            message.putField(2, "s", face);
            message.putField(3, "s", member);
            message.putField(6, "s", destination);
            if (!body.signature().isEmpty()) {
                message.putField(8, "g", body.signature());
            }
        });
        message.append(arguments);
        return message.bytes();
    }

    /** Lengths of what follows the fixed part of a header: the array of fields with its padding, and the body. */
    record Lengths(int fields, int body) {
        static final int FIXED = 16;
        private static final int MOST = 256 * 1024;

        /** @param fixed the first {@link #FIXED} bytes of a message */
        static Lengths of(byte[] fixed) {
            if (fixed[0] != LITTLE_ENDIAN || fixed[3] != VERSION) {
                throw Malformed.message("not a little-endian message of version 1");
            }
            var reader = new Reader(fixed);
            reader.skip(4);
            long body = reader.unsigned32();
            reader.unsigned32();
            long fields = reader.unsigned32();
            if (body > MOST || fields > MOST) {
                throw Malformed.message("longer than " + MOST + " bytes");
            }
            return new Lengths((int) ((fields + 7) / 8 * 8), (int) body);
        }
    }

    /** @param rest what {@link Lengths} announced */
    static Message of(byte[] fixed, byte[] rest, Lengths lengths) {
        var type = Type.of(fixed[1]);
        var whole = new byte[Lengths.FIXED + rest.length];
        System.arraycopy(fixed, 0, whole, 0, fixed.length);
        System.arraycopy(rest, 0, whole, fixed.length, rest.length);
        var reader = new Reader(whole);
        reader.skip(8);
        int serial = (int) reader.unsigned32();
        var fields = Fields.of(reader);
        var body = new byte[lengths.body()];
        System.arraycopy(rest, lengths.fields(), body, 0, body.length);
        return new Message(
                type, serial, fields.replySerial, fields.member, fields.errorName, fields.signature, new Reader(body));
    }

    /** The fields of a header that matter here. */
    private static final class Fields {
        private String member = "";
        private String errorName = "";
        private String signature = "";
        private int replySerial;

        static Fields of(Reader reader) {
            var fields = new Fields();
            int end = reader.arrayEnd(8);
            while (reader.position() < end) {
                reader.align(8);
                int code = reader.unsigned8();
                var type = reader.signature();
                switch (type) {
                    case "s", "o" -> fields.take(code, reader.text());
                    case "g" -> fields.take(code, reader.signature());
                    case "u" -> fields.take(code, (int) reader.unsigned32());
                    default -> throw Malformed.message("header field " + code + " of type " + type);
                }
            }
            return fields;
        }

        private void take(int code, String value) {
            switch (code) {
                case 3 -> member = value;
                case 4 -> errorName = value;
                case 8 -> signature = value;
                default -> {}
            }
        }

        private void take(int code, int value) {
            if (code == 5) {
                replySerial = value;
            }
        }
    }
}
