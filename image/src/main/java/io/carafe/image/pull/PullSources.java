package io.carafe.image.pull;

import io.carafe.image.auth.CredentialStore;
import io.carafe.image.config.Policy;
import io.carafe.image.config.RegistriesConf;
import io.carafe.image.config.RegistriesFile;
import java.nio.file.Path;

/** What the node's files say about pulls: where from, whether at all, and with which credentials. */
public record PullSources(RegistriesConf registries, Policy policy, CredentialStore credentials) {

    /** Reads both files; credentials are read at each pull. */
    public static PullSources load(Path registriesConf, Path policy) {
        return new PullSources(
                RegistriesFile.load(registriesConf), Policy.load(policy), CredentialStore.ofUser(System.getenv()));
    }
}
