package io.carafe.image.auth;

import io.carafe.base.Deadline;
import io.carafe.image.Reference;
import io.carafe.image.config.RegistriesConf;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The credentials that the node has: its files, and the helpers that these or {@code registries.conf} name. Read at
 * each look-up, so that a login counts at once.
 *
 * @param files auth.json and config.json files, in order of precedence; they need not exist
 * @param helperDirectories where {@code docker-credential-NAME} programs are
 */
public record CredentialStore(List<Path> files, List<Path> helperDirectories) {

    /** Credentials and where they come from, for people. */
    public record Found(RegistryAuth auth, String source) {}

    /** The files that containers/image and Docker use for this user. */
    public static CredentialStore ofUser(Map<String, String> environment) {
        var files = new ArrayList<Path>();
        if (environment.containsKey("REGISTRY_AUTH_FILE")) {
            files.add(Path.of(environment.get("REGISTRY_AUTH_FILE")));
        }
        if (environment.containsKey("XDG_RUNTIME_DIR")) {
            files.add(Path.of(environment.get("XDG_RUNTIME_DIR"), "containers", "auth.json"));
        }
        files.add(Path.of("/run/containers/0/auth.json"));
        var home = environment.getOrDefault("HOME", "/root");
        files.add(
                environment.containsKey("XDG_CONFIG_HOME")
                        ? Path.of(environment.get("XDG_CONFIG_HOME"), "containers", "auth.json")
                        : Path.of(home, ".config", "containers", "auth.json"));
        files.add(
                environment.containsKey("DOCKER_CONFIG")
                        ? Path.of(environment.get("DOCKER_CONFIG"), "config.json")
                        : Path.of(home, ".docker", "config.json"));
        var path = Stream.of(environment.getOrDefault("PATH", "/usr/bin:/bin").split(":"))
                .filter(entry -> entry.startsWith("/"))
                .map(Path::of)
                .toList();
        return new CredentialStore(List.copyOf(files), path);
    }

    /** The credentials for a repository; anonymous if there are none. */
    public Found find(Reference reference, RegistriesConf registries, Deadline deadline) {
        for (var helper : registries.credentialHelpers()) {
            var found = helper.equals(RegistriesConf.AUTH_FILES)
                    ? inFiles(reference, deadline)
                    : fromHelper(helper, reference, "registries.conf", deadline);
            if (found != null) {
                return found;
            }
        }
        return new Found(RegistryAuth.ANONYMOUS, "none found");
    }

    private Found inFiles(Reference reference, Deadline deadline) {
        for (var path : files) {
            var file = AuthFile.load(path);
            var helper = file.helper(reference).orElse(null);
            var found = helper == null ? null : fromHelper(helper, reference, path.toString(), deadline);
            if (found != null) {
                return found;
            }
            var entry = file.entry(reference).map(AuthFile.Entry::credentials);
            if (entry.isPresent() && !entry.get().equals(RegistryAuth.ANONYMOUS)) {
                return new Found(entry.get(), path.toString());
            }
            if (file.credsStore() != null && !file.credsStore().isEmpty()) {
                found = fromHelper(file.credsStore(), reference, path.toString(), deadline);
                if (found != null) {
                    return found;
                }
            }
        }
        return null;
    }

    private Found fromHelper(String helper, Reference reference, String origin, Deadline deadline) {
        return new CredentialHelper(helper, helperDirectories)
                .get(reference.domain(), deadline)
                .map(auth -> new Found(auth, "docker-credential-" + helper + " (" + origin + ")"))
                .orElse(null);
    }
}
