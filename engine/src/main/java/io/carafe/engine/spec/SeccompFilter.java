package io.carafe.engine.spec;

import io.carafe.base.CarafeException;
import io.carafe.engine.model.SecurityConfig;
import io.carafe.engine.model.SecurityConfig.Profile;
import io.carafe.oci.Json;
import io.carafe.oci.runtime.Seccomp;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which system call filter a container gets. No profile means none, as the CRI has it; RuntimeDefault is Carafe's own
 * ({@code seccomp-default.json}); Localhost is a file of the node. A privileged container has none.
 *
 * <p>The default profile: what is known and harmless is allowed, what is known and not is EPERM, and what is not known is
 * ENOSYS, so that programs fall back to older calls instead of failing.
 */
final class SeccompFilter {

    /** The largest real profiles have some 50 kB. */
    private static final int LARGEST_FILE = 1024 * 1024;

    private static final String DEFAULT_FILE = "seccomp-default.json";
    private static final SeccompProfile DEFAULT = loadDefault();

    /** Resolved defaults by capabilities: few sets occur on a node. */
    private static final Map<Set<Capability>, Seccomp> RESOLVED = new ConcurrentHashMap<>();

    private static final int MOST_RESOLVED = 64;

    private SeccompFilter() {}

    /** The filter, or null for none. */
    static Seccomp of(SecurityConfig security, Set<Capability> granted, HostFacts host) {
        var profile = security.seccomp();
        if (profile == null || security.privileged()) {
            return null;
        }
        return switch (profile.kind()) {
            case UNCONFINED -> null;
            case RUNTIME_DEFAULT -> byDefault(granted, host);
            case LOCALHOST -> ofFile(profile, granted, host);
        };
    }

    private static Seccomp byDefault(Set<Capability> granted, HostFacts host) {
        if (!host.seccomp()) {
            host.warnOnce("this kernel has no seccomp: containers run without the default profile");
            return null;
        }
        if (RESOLVED.size() >= MOST_RESOLVED) {
            RESOLVED.clear();
        }
        var key = EnumSet.noneOf(Capability.class);
        key.addAll(granted);
        return RESOLVED.computeIfAbsent(key, capabilities -> DEFAULT.resolve(capabilities, host));
    }

    private static Seccomp ofFile(Profile profile, Set<Capability> granted, HostFacts host) {
        var ref = profile.localhostRef();
        if (!host.seccomp()) {
            throw new CarafeException.FailedPrecondition(
                    "seccomp profile " + ref + " was asked for, but this kernel has no seccomp");
        }
        if (!ref.startsWith("/") || ref.indexOf('\0') >= 0) {
            throw new CarafeException.InvalidArgument("seccomp profile \"" + ref + "\" is not an absolute path");
        }
        return Json.read(read(Path.of(ref)), SeccompProfile.class, "seccomp profile " + ref)
                .resolve(granted, host);
    }

    private static byte[] read(Path file) {
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new CarafeException.InvalidArgument("seccomp profile " + file + " is not a regular file");
        }
        try (var in = Files.newInputStream(file)) {
            var bytes = in.readNBytes(LARGEST_FILE + 1);
            if (bytes.length > LARGEST_FILE) {
                throw new CarafeException.InvalidArgument(
                        "seccomp profile " + file + " is larger than " + LARGEST_FILE + " bytes");
            }
            return bytes;
        } catch (NoSuchFileException e) {
            throw new CarafeException.InvalidArgument("seccomp profile " + file + " does not exist on this node", e);
        } catch (IOException e) {
            throw new CarafeException.FailedPrecondition("read seccomp profile " + file + ": " + e.getMessage(), e);
        }
    }

    private static SeccompProfile loadDefault() {
        try (var in = SeccompFilter.class.getResourceAsStream(DEFAULT_FILE)) {
            return Json.read(in.readAllBytes(), SeccompProfile.class, DEFAULT_FILE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
