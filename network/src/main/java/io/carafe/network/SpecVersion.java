package io.carafe.network;

import io.carafe.base.CarafeException.InvalidArgument;
import java.util.Comparator;
import java.util.regex.Pattern;

/** A version of the CNI specification, which decides the operations a network has and the shape of its results. */
record SpecVersion(int major, int minor, int patch) implements Comparable<SpecVersion> {

    static final SpecVersion FIRST = new SpecVersion(0, 1, 0);
    /** The first whose results carry lists of addresses and interfaces. */
    static final SpecVersion WITH_LISTS = new SpecVersion(0, 3, 0);

    static final SpecVersion WITH_CHECK = new SpecVersion(0, 4, 0);
    static final SpecVersion WITH_STATUS_AND_GC = new SpecVersion(1, 1, 0);
    /** The newest that this client speaks. */
    static final SpecVersion NEWEST = WITH_STATUS_AND_GC;

    private static final Pattern FORM = Pattern.compile("(\\d{1,4})\\.(\\d{1,4})\\.(\\d{1,4})");

    static SpecVersion parse(String text) {
        var parts = FORM.matcher(text);
        if (!parts.matches()) {
            throw new InvalidArgument("cniVersion '" + Text.shorten(text) + "': must look like 1.0.0");
        }
        return new SpecVersion(
                Integer.parseInt(parts.group(1)), Integer.parseInt(parts.group(2)), Integer.parseInt(parts.group(3)));
    }

    boolean atLeast(SpecVersion other) {
        return compareTo(other) >= 0;
    }

    @Override
    public int compareTo(SpecVersion other) {
        return Comparator.comparingInt(SpecVersion::major)
                .thenComparingInt(SpecVersion::minor)
                .thenComparingInt(SpecVersion::patch)
                .compare(this, other);
    }

    @Override
    public String toString() {
        return major + "." + minor + "." + patch;
    }
}
