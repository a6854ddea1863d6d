package io.carafe.linux.dbus;

import java.util.List;

/** What a variant can hold here. */
public sealed interface Value {

    /** Signature of its type. */
    String signature();

    record Text(String value) implements Value {
        @Override
        public String signature() {
            return "s";
        }
    }

    record Bool(boolean value) implements Value {
        @Override
        public String signature() {
            return "b";
        }
    }

    /** @param value unsigned: −1 is the largest there is */
    record Unsigned64(long value) implements Value {
        @Override
        public String signature() {
            return "t";
        }
    }

    record Unsigned32s(List<Integer> values) implements Value {
        public Unsigned32s {
            values = List.copyOf(values);
        }

        @Override
        public String signature() {
            return "au";
        }
    }

    record Bytes(List<Byte> values) implements Value {
        public Bytes {
            values = List.copyOf(values);
        }

        @Override
        public String signature() {
            return "ay";
        }
    }
}
