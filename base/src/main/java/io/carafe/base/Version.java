package io.carafe.base;

import java.io.IOException;
import java.util.Properties;

/** Which Carafe this is, as the build wrote it down. */
public final class Version {

    /** For example {@code 0.1.0} or {@code 0.1.0-SNAPSHOT}. */
    public static final String CARAFE = read();

    private Version() {}

    private static String read() {
        try (var file = Version.class.getResourceAsStream("version.properties")) {
            var properties = new Properties();
            properties.load(file);
            return properties.getProperty("version");
        } catch (IOException e) {
            throw new IllegalStateException("version.properties is in the jar", e);
        }
    }
}
