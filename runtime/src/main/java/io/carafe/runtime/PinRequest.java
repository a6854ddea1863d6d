package io.carafe.runtime;

import io.carafe.linux.process.IdMap;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Namespaces to be made and kept alive without a process, by a bind mount of each on a file.
 *
 * @param user the user namespace that owns the others; empty for the daemon's
 * @param net file to pin a new network namespace on, with its loopback interface up; empty for none
 * @param ipc likewise
 * @param uts likewise
 * @param hostname for the new UTS namespace
 * @param sysctls names with dots, or slashes where a part has a dot, and values; only what belongs to one of the new
 *     namespaces is accepted
 */
public record PinRequest(
        Optional<User> user,
        Optional<Path> net,
        Optional<Path> ipc,
        Optional<Path> uts,
        Optional<String> hostname,
        Map<String, String> sysctls) {

    /** A new user namespace and the file to pin it on. */
    public record User(Path file, IdMap ids) {}

    /** Nothing but a user namespace. */
    public static PinRequest onlyUser(Path file, IdMap ids) {
        return new PinRequest(
                Optional.of(new User(file, ids)),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Map.of());
    }
}
