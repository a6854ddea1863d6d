package io.carafe.image.pull;

import io.carafe.base.CarafeException;
import io.carafe.image.auth.CredentialStore;
import io.carafe.image.config.Policy;
import io.carafe.image.config.RegistriesConf;
import io.carafe.image.config.RegistriesDirectory;
import io.carafe.image.config.RegistriesFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * What the node's files say about pulls: where from, whether at all, and with which credentials.
 *
 * @param registriesDirectory {@code registries.d}: where signatures are; read at each pull that needs any
 * @param namespacePolicies a directory of policies for single Kubernetes namespaces; null for none
 */
public record PullSources(
        RegistriesConf registries,
        Policy policy,
        CredentialStore credentials,
        Path registriesDirectory,
        Path namespacePolicies) {

    /** Of Kubernetes (RFC 1123 labels): none can lead out of the directory. */
    private static final Pattern NAMESPACE = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");

    /** With signatures where containers/image looks for them, and one policy for all. */
    public PullSources(RegistriesConf registries, Policy policy, CredentialStore credentials) {
        this(registries, policy, credentials, RegistriesDirectory.DEFAULT_PATH, null);
    }

    /** Reads both files; credentials are read at each pull. */
    public static PullSources load(Path registriesConf, Path policy) {
        return load(registriesConf, policy, RegistriesDirectory.DEFAULT_PATH, null);
    }

    /** Reads both files; credentials, and what is in the directories, are read at each pull. */
    public static PullSources load(Path registriesConf, Path policy, Path registriesDirectory, Path namespacePolicies) {
        return new PullSources(
                RegistriesFile.load(registriesConf),
                Policy.load(policy),
                CredentialStore.ofUser(System.getenv()),
                registriesDirectory,
                namespacePolicies);
    }

    /**
     * The policy for pulls on behalf of a pod: that of its namespace if there is one, {@code NAMESPACE.json}, instead of
     * the node's.
     *
     * @param namespace empty if it is for no pod
     */
    public Policy policy(String namespace) {
        var file = namespace.isEmpty() || namespacePolicies == null ? null : policyFile(namespace);
        return file != null && Files.exists(file) ? Policy.load(file) : policy;
    }

    private Path policyFile(String namespace) {
        if (!NAMESPACE.matcher(namespace).matches()) {
            throw new CarafeException.InvalidArgument("namespace '" + namespace + "': it is no name of a namespace");
        }
        return namespacePolicies.resolve(namespace + ".json");
    }

    /** Whether any namespace has a policy of its own, so that what one may use, another may not. */
    public boolean hasNamespacePolicies() {
        if (namespacePolicies == null) {
            return false;
        }
        try (var files = Files.newDirectoryStream(namespacePolicies, "*.json")) {
            return files.iterator().hasNext();
        } catch (NoSuchFileException e) {
            return false;
        } catch (IOException e) {
            throw new CarafeException.FailedPrecondition(
                    "policies of namespaces " + namespacePolicies + ": cannot be read: " + e.getMessage(), e);
        }
    }
}
