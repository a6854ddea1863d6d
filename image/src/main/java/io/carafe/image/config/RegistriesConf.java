package io.carafe.image.config;

import io.carafe.base.CarafeException;
import io.carafe.image.Reference;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What {@code registries.conf} says (containers-registries.conf(5), version 2): which registries a short name is
 * searched in, and at which endpoints an image is looked for. Read by {@link RegistriesFile}.
 *
 * @param search registries (with a namespace, perhaps) for short names, in order
 * @param aliases short names to full names without tag
 * @param registries in no order; no two have the same prefix
 * @param credentialHelpers where credentials are looked for, {@code containers-auth.json} meaning the files
 */
public record RegistriesConf(
        List<String> search,
        ShortNames shortNames,
        Map<String, String> aliases,
        List<Registry> registries,
        List<String> credentialHelpers) {

    public static final String AUTH_FILES = "containers-auth.json";

    /** Where there is no file: short names are Docker Hub's, as Docker and containerd have it, and no mirrors. */
    public static final RegistriesConf DEFAULT = new RegistriesConf(
            List.of(Reference.DOCKER_HUB), ShortNames.PERMISSIVE, Map.of(), List.of(), List.of(AUTH_FILES));

    /** {@code short-name-mode}. There is nobody to ask here, so {@code ENFORCING} refuses a choice of several. */
    public enum ShortNames {
        ENFORCING,
        PERMISSIVE,
        DISABLED
    }

    /** {@code pull-from-mirror}. */
    public enum PullFrom {
        ALL,
        DIGEST_ONLY,
        TAG_ONLY;

        boolean serves(Reference reference) {
            return switch (this) {
                case ALL -> true;
                case DIGEST_ONLY -> reference.digest() != null;
                case TAG_ONLY -> reference.digest() == null;
            };
        }
    }

    /** @param location {@code host[:port][/path]} that takes the place of the registry's prefix */
    public record Mirror(String location, boolean insecure, PullFrom pullFrom) {}

    /**
     * One {@code [[registry]]} table.
     *
     * @param prefix {@code host[:port][/path]} or {@code *.domain}
     * @param location what takes the prefix's place; empty to leave the name as it is
     */
    public record Registry(String prefix, String location, boolean insecure, boolean blocked, List<Mirror> mirrors) {

        boolean matches(Reference reference) {
            return prefixLength(reference) >= 0;
        }

        /** How much of the name the prefix covers; negative if it does not match. */
        private int prefixLength(Reference reference) {
            var name = reference.toString();
            if (prefix.startsWith("*.")) {
                var host = reference.domain();
                return host.endsWith(prefix.substring(1)) ? host.length() : -1;
            }
            if (!name.startsWith(prefix)) {
                return -1;
            }
            boolean whole = name.length() == prefix.length() || "/:@".indexOf(name.charAt(prefix.length())) >= 0;
            return whole ? prefix.length() : -1;
        }

        /** The name with {@code place} instead of the prefix. */
        private Reference at(String place, Reference reference) {
            if (place.isEmpty()) {
                return reference;
            }
            var repository = reference.repository();
            int covered = Math.min(prefixLength(reference), repository.length());
            var name = place + repository.substring(covered);
            int slash = name.indexOf('/');
            if (slash < 0) {
                throw new CarafeException.FailedPrecondition("registries.conf: the location " + place
                        + " leaves nothing of " + reference + ": it must name a repository as its prefix does");
            }
            return new Reference(
                    name.substring(0, slash), name.substring(slash + 1), reference.tag(), reference.digest());
        }
    }

    /**
     * The full names that {@code text} may mean, in the order to try them; one only unless it is a short name.
     *
     * @throws CarafeException.InvalidArgument if it is no reference
     * @throws CarafeException.FailedPrecondition if it is a short name that the configuration does not resolve
     */
    public List<Reference> candidates(String text) {
        if (!Reference.isShortName(text)) {
            return List.of(Reference.parse(text));
        }
        if (shortNames != ShortNames.DISABLED) {
            var alias = aliases.get(nameOf(text));
            if (alias != null) {
                var rest = text.substring(nameOf(text).length());
                return List.of(Reference.parse(alias + rest));
            }
        }
        if (search.isEmpty()) {
            throw new CarafeException.FailedPrecondition("image reference " + text
                    + ": it names no registry, and registries.conf has neither an alias for it nor unqualified-search-registries;"
                    + " write the full name");
        }
        if (shortNames == ShortNames.ENFORCING && search.size() > 1) {
            throw new CarafeException.FailedPrecondition("image reference " + text + ": it may mean one of " + search
                    + ", and short-name-mode is enforcing; write the full name");
        }
        var names = new LinkedHashSet<Reference>();
        search.forEach(registry -> names.add(Reference.inRegistry(registry, text)));
        return List.copyOf(names);
    }

    /**
     * The endpoints at which to look for an image, in order, each with the reason it is there.
     *
     * @throws CarafeException.PermissionDenied if the registry is blocked
     */
    public List<Endpoint> endpoints(Reference reference) {
        var found = registry(reference);
        if (found.isEmpty()) {
            boolean local = isLoopback(reference.domain());
            var reason = "no [[registry]] has a prefix of it" + (local ? "; on loopback plain HTTP will do" : "");
            return List.of(new Endpoint(reference, local, false, reason));
        }
        var registry = found.get();
        if (registry.blocked()) {
            throw new CarafeException.PermissionDenied(
                    "image " + reference + ": registries.conf blocks the registry " + registry.prefix());
        }
        var chain = new ArrayList<Endpoint>();
        for (var mirror : registry.mirrors()) {
            if (mirror.pullFrom().serves(reference)) {
                chain.add(new Endpoint(
                        registry.at(mirror.location(), reference),
                        mirror.insecure(),
                        true,
                        "mirror of prefix " + registry.prefix()));
            }
        }
        chain.add(new Endpoint(
                registry.at(registry.location(), reference),
                registry.insecure(),
                false,
                "location of prefix " + registry.prefix()));
        return List.copyOf(chain);
    }

    /** Whether a registry is on this machine, where Docker and containerd too ask for no TLS: nobody is in between. */
    private static boolean isLoopback(String domain) {
        var host = domain.replaceFirst(":[0-9]+$", "");
        return host.equals("localhost") || host.equals("[::1]") || host.matches("127(\\.[0-9]{1,3}){3}");
    }

    /** The table with the longest prefix that matches; one without a wildcard wins over one with it. */
    private Optional<Registry> registry(Reference reference) {
        return registries.stream()
                .filter(registry -> registry.matches(reference))
                .max(Comparator.<Registry, Boolean>comparing(
                                registry -> !registry.prefix().startsWith("*."))
                        .thenComparingInt(registry -> registry.prefix().length()));
    }

    /** The short name without tag and digest. */
    private static String nameOf(String text) {
        var name = text.contains("@") ? text.substring(0, text.indexOf('@')) : text;
        int colon = name.lastIndexOf(':');
        return colon > name.lastIndexOf('/') ? name.substring(0, colon) : name;
    }
}
