package io.carafe.image.registry;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * How a registry wants to be authenticated to: one challenge of a {@code WWW-Authenticate} header (RFC 9110, 11.6.1).
 *
 * @param scheme in lower case
 * @param parameters by their names in lower case
 */
record Challenge(String scheme, Map<String, String> parameters) {

    /** With few escapes: the engine of regular expressions takes stack for each of them, and a registry may be hostile. */
    private static final Pattern PARAMETER =
            Pattern.compile("\\s*([\\w-]+)\\s*=\\s*(?:\"([^\"\\\\]*+(?:\\\\.[^\"\\\\]*+){0,100})\"|([^\\s,]*))\\s*,?");

    private static final Pattern SCHEME = Pattern.compile("\\s*([\\w-]+)(?:\\s+|$)(?!=)");

    /** The challenge to answer: Bearer before Basic; null if none of these is offered. */
    static Challenge choose(List<String> headers) {
        Challenge basic = null;
        for (var header : headers) {
            var challenge = parse(header);
            if (challenge != null && challenge.scheme.equals("bearer")) {
                return challenge;
            }
            if (challenge != null && challenge.scheme.equals("basic")) {
                basic = challenge;
            }
        }
        return basic;
    }

    /** Registries send each challenge in a header of its own. */
    private static Challenge parse(String header) {
        var start = SCHEME.matcher(header);
        if (!start.lookingAt()) {
            return null;
        }
        var parameters = new HashMap<String, String>();
        var parameter = PARAMETER.matcher(header).region(start.end(), header.length());
        for (; parameter.lookingAt(); parameter.region(parameter.end(), header.length())) {
            var quoted = parameter.group(2);
            parameters.putIfAbsent(
                    parameter.group(1).toLowerCase(Locale.ROOT),
                    quoted == null ? parameter.group(3) : quoted.replaceAll("\\\\(.)", "$1"));
        }
        return new Challenge(start.group(1).toLowerCase(Locale.ROOT), Map.copyOf(parameters));
    }

    String parameter(String name) {
        return parameters.get(name);
    }
}
