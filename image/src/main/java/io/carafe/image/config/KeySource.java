package io.carafe.image.config;

import io.carafe.base.CarafeException;
import java.io.IOException;
import java.nio.file.Path;

/** Keys or certificates that a policy names or holds. Files are read when they are needed, so that a new key is taken. */
public sealed interface KeySource {

    /** @throws CarafeException.FailedPrecondition if the file cannot be read */
    byte[] read();

    record InFile(Path path) implements KeySource {

        @Override
        public byte[] read() {
            try {
                return SettingsFile.read(path, "key file " + path);
            } catch (IOException e) {
                throw new CarafeException.FailedPrecondition("key file " + path + ": cannot be read: " + e, e);
            }
        }

        @Override
        public String toString() {
            return path.toString();
        }
    }

    /** @param key what it is called in the policy, for messages */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Inline(String key, byte[] data) implements KeySource {

        @Override
        public byte[] read() {
            return data.clone();
        }

        @Override
        public String toString() {
            return key;
        }
    }
}
