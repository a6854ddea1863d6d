package io.carafe.engine.spec;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.linux.process.Executables;
import io.carafe.linux.process.Spawn;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * The AppArmor profile of containers that ask for none of their own. It is given to the kernel when the first of them comes,
 * by {@code apparmor_parser}, which alone can compile it; a node without that program has no such profile.
 */
final class DefaultAppArmorProfile {

    static final String NAME = "carafe-default";

    private static final String PARSER = "apparmor_parser";
    private static final int OUTPUT_LIMIT = 64 * 1024;
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private boolean loaded;

    /**
     * Its name, once the kernel has it.
     *
     * @return nothing on a node that cannot have it, which the log says once
     */
    synchronized Optional<String> name(HostFacts host) {
        if (!host.apparmor()) {
            return Optional.empty();
        }
        if (Executables.find(PARSER).isEmpty()) {
            host.warnOnce("this kernel has AppArmor, but there is no program " + PARSER
                    + ": containers have no profile; install apparmor");
            return Optional.empty();
        }
        if (!loaded) {
            load();
            loaded = true;
        }
        return Optional.of(NAME);
    }

    /** In the place of one that an earlier daemon has loaded; what runs under that has the new one from then on. */
    private static void load() {
        try {
            var parser = Executables.find(PARSER).orElseThrow().toString();
            var output = Spawn.of(parser, "--replace", "--skip-cache", "--quiet")
                    .run(text(), OUTPUT_LIMIT, Deadline.after(LIMIT));
            if (!output.status().success()) {
                throw new CarafeException.Internal("load AppArmor profile " + NAME + ": " + PARSER + ": "
                        + output.stderr().strip());
            }
        } catch (IOException e) {
            throw new CarafeException.Internal("load AppArmor profile " + NAME + ": " + e.getMessage(), e);
        }
    }

    static byte[] text() throws IOException {
        try (InputStream text = DefaultAppArmorProfile.class.getResourceAsStream("apparmor-default")) {
            return Objects.requireNonNull(text, "apparmor-default").readAllBytes();
        }
    }
}
