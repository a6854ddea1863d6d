package io.carafe.image.registry;

import io.carafe.base.Deadline;
import io.carafe.image.auth.RegistryAuth;
import io.carafe.image.config.Endpoint;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** Speaks to registries (OCI distribution-spec 1.1). Keeps connections and tokens between uses; for all threads. */
public final class RegistryClient implements AutoCloseable {

    private record HostKey(String name, boolean insecure) {}

    private final Certificates certificates;
    private final Proxies proxies;
    private final Patience patience;
    private final TokenCache tokens = new TokenCache();
    private final ConcurrentMap<HostKey, Host> hosts = new ConcurrentHashMap<>();

    public RegistryClient() {
        this(Patience.DEFAULT);
    }

    /** With the certificates of the node's {@code certs.d} directories, and the proxies of the process's environment. */
    public RegistryClient(Patience patience) {
        this(Certificates.DEFAULT_DIRECTORIES, Proxies.of(System.getenv()), patience);
    }

    /** @param certificates directories with a folder for each host, in the manner of {@code /etc/containers/certs.d} */
    public RegistryClient(List<Path> certificates, Proxies proxies, Patience patience) {
        this.certificates = new Certificates(certificates);
        this.proxies = proxies;
        this.patience = patience;
    }

    /** The repository that {@code endpoint} names; nothing is sent yet. */
    public Repository repository(Endpoint endpoint, RegistryAuth auth) {
        var reference = endpoint.reference();
        var host = host(reference.domain(), endpoint.insecure());
        return new Repository(host, reference, auth, tokens, patience);
    }

    /**
     * A small file of a web server, with the certificates and proxies that are for registries.
     *
     * @param uri of the scheme http or https
     * @param limit the most bytes that it may have
     * @return empty if there is none
     */
    public Optional<byte[]> file(URI uri, int limit, Deadline deadline) {
        var action = uri.toString();
        var host = host(uri.getRawAuthority(), false);
        return new Backoff(action, patience, deadline).retry(() -> {
            var response = host.fetch(uri.getScheme(), uri.getRawPath(), deadline);
            if (response.status() == 404) {
                response.close();
                return Optional.empty();
            }
            if (response.status() != 200) {
                throw Failures.of(action, response);
            }
            return Optional.of(response.body().readAll(limit, action));
        });
    }

    private Host host(String name, boolean insecure) {
        return hosts.computeIfAbsent(
                new HostKey(name, insecure),
                key -> new Host(key.name(), key.insecure(), certificates, proxies, patience));
    }

    /** Reads certificates anew for what is begun from now on; what runs goes on as it is. */
    public void reload() {
        hosts.clear(); // the JDK ends a client that nobody holds any more
    }

    @Override
    public void close() {
        hosts.values().removeIf(host -> {
            host.close();
            return true;
        });
    }
}
