package io.carafe.engine.spec;

import io.carafe.base.CarafeException;
import io.carafe.engine.model.ContainerConfig;
import io.carafe.oci.image.ImageConfig;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;

/** The environment of the process: defaults, then the image's, then the request's; the last word on a name wins. */
final class Environment {

    /** Where programs are looked for if the image does not say. */
    static final String DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private Environment() {}

    static List<String> of(ContainerConfig container, ImageConfig.Execution image, String hostname) {
        var env = new LinkedHashMap<String, String>();
        env.put("PATH", DEFAULT_PATH);
        if (container.tty()) {
            env.put("TERM", "xterm");
        }
        env.put("HOSTNAME", hostname);
        for (var entry : image.env()) {
            int equals = entry.indexOf('=');
            // a name without a value is no variable; builders write it for one that was unset
            if (equals > 0) {
                env.put(entry.substring(0, equals), entry.substring(equals + 1));
            }
        }
        for (var variable : container.env()) {
            requireName(variable.name());
            env.put(variable.name(), text(variable));
        }
        env.forEach((name, value) -> CommandLine.requireNoNul(value, "environment variable " + name));
        return env.entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList();
    }

    private static void requireName(String name) {
        if (name.isEmpty() || name.indexOf('=') >= 0 || name.indexOf('\0') >= 0) {
            throw new CarafeException.InvalidArgument(
                    "environment variable \"" + name + "\": a name is not empty and has no = or zero byte");
        }
    }

    /** config.json is Unicode, so bytes that are not UTF-8 cannot reach the runtime. */
    private static String text(ContainerConfig.EnvVar variable) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(variable.value()))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new CarafeException.InvalidArgument(
                    "environment variable " + variable.name()
                            + ": the value is not UTF-8, and the OCI runtime configuration can hold nothing else",
                    e);
        }
    }
}
