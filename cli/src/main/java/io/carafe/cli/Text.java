package io.carafe.cli;

/** Text on its way to the terminal. */
final class Text {

    /** Characters of an id that are shown. */
    private static final int SHORT_ID = 12;

    private Text() {}

    /** As much of an id as people need; the algorithm of a digest is left out. */
    static String shortId(String id) {
        var bare = id.substring(id.indexOf(':') + 1);
        return bare.substring(0, Math.min(SHORT_ID, bare.length()));
    }

    /** A message of others, which must not steer the terminal but may have several lines. */
    static String printableLines(String message) {
        return String.valueOf(message).replaceAll("[\\p{Cntrl}&&[^\n\t]]", "?");
    }
}
