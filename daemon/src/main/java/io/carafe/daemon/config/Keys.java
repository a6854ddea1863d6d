package io.carafe.daemon.config;

import java.util.Collection;
import java.util.Locale;
import java.util.Optional;

/** Names of keys: how a record component is spelled in TOML, and which known key a wrong one was meant to be. */
final class Keys {

    private Keys() {}

    /** {@code runRoot} → {@code run_root}. */
    static String snakeCase(String camelCase) {
        return camelCase.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
    }

    /** The known key that {@code wrong} is most likely a slip of; none if nothing is near. */
    static Optional<String> nearest(String wrong, Collection<String> known) {
        String best = null;
        int bestDistance = Math.max(2, wrong.length() / 2) + 1;
        for (var candidate : known) {
            int distance = editDistance(wrong, candidate);
            if (distance < bestDistance) {
                best = candidate;
                bestDistance = distance;
            }
        }
        return Optional.ofNullable(best);
    }

    private static int editDistance(String a, String b) {
        var previous = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            var current = new int[b.length() + 1];
            current[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                current[j] = Math.min(previous[j - 1] + change, 1 + Math.min(previous[j], current[j - 1]));
            }
            previous = current;
        }
        return previous[b.length()];
    }
}
