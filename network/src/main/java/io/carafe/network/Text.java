package io.carafe.network;

/** How text of others is shown in a message. */
final class Text {

    private static final int SHOWN = 400;

    private Text() {}

    /** At most a few hundred characters on one line, without control characters. */
    static String shorten(String text) {
        var cut = text.length() > SHOWN ? text.substring(0, SHOWN) + "…" : text;
        return cut.strip().replaceAll("\\p{Cntrl}+", " ");
    }
}
