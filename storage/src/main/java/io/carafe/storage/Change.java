package io.carafe.storage;

/**
 * How a file differs from what the layers below have under its name.
 *
 * @param path without a slash in front; the root itself is empty
 */
public record Change(Kind kind, String path) implements Comparable<Change> {

    /** With the letters that {@code docker diff} made customary. */
    public enum Kind {
        ADDED('A'),
        CHANGED('C'),
        /** With all that was below. */
        DELETED('D');

        private final char letter;

        Kind(char letter) {
            this.letter = letter;
        }

        public char letter() {
            return letter;
        }
    }

    /** A directory comes before what is in it. */
    @Override
    public int compareTo(Change other) {
        return path.compareTo(other.path);
    }

    @Override
    public String toString() {
        return kind.letter() + " /" + path;
    }
}
