package io.carafe.image.config;

import io.carafe.base.CarafeException;
import io.carafe.image.Reference;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Which images may be used (containers-policy.json(5)): for each scope the requirements that an image must meet, all of
 * them. Read by {@link PolicyFile}.
 *
 * @param source the file, for messages
 * @param transports requirements by transport and scope; the empty scope is the transport's default
 * @param fallback what holds where no scope does
 */
public record Policy(
        String source, Map<String, Map<String, List<Requirement>>> transports, List<Requirement> fallback) {

    public static final Path DEFAULT_PATH = Path.of("/etc/containers/policy.json");

    /** Where there is no policy file: everything is accepted, as by Docker and containerd. */
    public static final Policy ACCEPT_ANYTHING =
            new Policy("no policy file", Map.of(), List.of(new Requirement.AcceptAnything()));

    /** The key in {@link CarafeException#details()} of a refusal: the place in the policy that it comes from. */
    public static final String DETAIL = "policy";

    /** @throws CarafeException.InvalidArgument naming the file and what is wrong */
    public static Policy load(Path file) {
        return PolicyFile.load(file);
    }

    /**
     * The requirements that hold for an image.
     *
     * @param place file and scope, for messages: {@code policy.json: transports.docker["quay.io/x"]}
     */
    public record Rule(String place, List<Requirement> requirements) {

        /** Whether signatures must be looked at. */
        public boolean needsSignatures() {
            return requirements.stream()
                    .anyMatch(
                            each -> each instanceof Requirement.SignedBy || each instanceof Requirement.SigstoreSigned);
        }

        /** The types of its requirements, as in policy.json, with commas. */
        public String types() {
            return requirements.stream().map(Requirement::type).collect(Collectors.joining(", "));
        }

        /**
         * Refuses what no signature could change.
         *
         * @param image how it is called, for messages
         * @throws CarafeException.PermissionDenied if the rule rejects every image
         */
        public void refuseOutright(String image) {
            for (var requirement : requirements) {
                switch (requirement) {
                    case Requirement.Reject _ -> throw refusal(image, requirement, "every image is rejected here");
                    case Requirement.SignedBaseLayer _ ->
                        throw refusal(image, requirement, "it is not supported, so no image meets it");
                    case Requirement.AcceptAnything _, Requirement.SignedBy _, Requirement.SigstoreSigned _ -> {}
                }
            }
        }

        /** The error that says which requirement refuses an image, and why. */
        public CarafeException refusal(String image, Requirement requirement, String why) {
            return new CarafeException.PermissionDenied(
                            "image " + image + ": refused by " + place + ": " + requirement.type() + ": " + why)
                    .with(DETAIL, place);
        }
    }

    /** Whether an error says that a policy refuses an image. */
    public static boolean isRefusal(CarafeException error) {
        return error.details().containsKey(DETAIL);
    }

    /** What holds for an image of a registry, under the name that the user gave, not that of a mirror. */
    public Rule rule(Reference reference) {
        return rule("docker", scopes(reference));
    }

    /** @param scopes that cover the image, the most specific first */
    public Rule rule(String transport, List<String> scopes) {
        var known = transports.getOrDefault(transport, Map.of());
        for (var scope : scopes) {
            if (known.containsKey(scope)) {
                return new Rule(source + ": transports." + transport + "[\"" + scope + "\"]", known.get(scope));
            }
        }
        return known.containsKey("")
                ? new Rule(source + ": transports." + transport + "[\"\"]", known.get(""))
                : new Rule(source + ": default", fallback);
    }

    /** The most specific first: the name, its repository, the namespaces above, the host, its domains. */
    static List<String> scopes(Reference reference) {
        var name = reference.repository();
        var scopes = new ArrayList<String>();
        scopes.add(reference.toString());
        if (reference.digest() != null) {
            scopes.add(name + "@" + reference.digest());
        } else {
            scopes.add(name + ":" + reference.tag());
        }
        for (var part = name; !part.isEmpty(); part = parent(part)) {
            scopes.add(part);
        }
        var host = reference.domain();
        for (int dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
            scopes.add("*" + host.substring(dot));
        }
        return scopes;
    }

    private static String parent(String name) {
        int slash = name.lastIndexOf('/');
        return slash < 0 ? "" : name.substring(0, slash);
    }

    /** A directory, itself or in it the image {@code tag}, and the directories above it. */
    public static List<String> scopes(Path path, String tag) {
        var scopes = new ArrayList<String>();
        if (!tag.isEmpty()) {
            scopes.add(path + ":" + tag);
        }
        for (var part = path; part != null && part.getParent() != null; part = part.getParent()) {
            scopes.add(part.toString());
        }
        return scopes;
    }
}
