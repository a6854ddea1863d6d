package io.carafe.image.registry;

import java.util.regex.Pattern;

/**
 * How much a registry lets be pulled, as Docker Hub and others say in the headers {@code RateLimit-Limit} and
 * {@code RateLimit-Remaining} (draft-ietf-httpapi-ratelimit-headers, 03).
 *
 * @param limit requests in a window
 * @param remaining of them; negative if it was not said
 * @param windowSeconds 0 if it was not said
 */
public record RateLimit(long limit, long remaining, long windowSeconds) {

    private static final Pattern VALUE = Pattern.compile("\\s*(\\d{1,12})(?:\\s*;\\s*w=(\\d{1,9}))?.*");

    /** Null if the answer says nothing of it. */
    static RateLimit of(Response response) {
        var limit = response.header("ratelimit-limit");
        var most = limit == null ? null : VALUE.matcher(limit);
        if (most == null || !most.matches()) {
            return null;
        }
        var left = response.header("ratelimit-remaining");
        var rest = left == null ? null : VALUE.matcher(left);
        return new RateLimit(
                Long.parseLong(most.group(1)),
                rest != null && rest.matches() ? Long.parseLong(rest.group(1)) : -1,
                most.group(2) == null ? 0 : Long.parseLong(most.group(2)));
    }

    /** {@code 97 of 100 pulls in 6 h left}. */
    @Override
    public String toString() {
        var window = windowSeconds == 0
                ? ""
                : windowSeconds % 3600 == 0 ? " in " + windowSeconds / 3600 + " h" : " in " + windowSeconds + " s";
        return (remaining < 0 ? "at most " : remaining + " of ") + limit + " pulls" + window
                + (remaining < 0 ? "" : " left");
    }
}
