package io.carafe.runtime.plan;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A value with its type, as D-Bus has them.
 *
 * @param type its signature: {@code t}, {@code as}
 * @param words as busctl(1) takes them; in front of those of an array stands their number
 */
record Variant(String type, List<String> words) {

    private static final String NUMBERS = "ynqiuxtd";
    private static final int MOST_CHARACTERS = 4096;

    boolean isNumber() {
        return NUMBERS.contains(type);
    }

    /**
     * Reads GVariant's text form, as much of it as properties of units have: booleans, strings, numbers, and arrays of one of
     * these. A number without a type is an int32, or with a point a double.
     *
     * @see <a href="https://docs.gtk.org/glib/gvariant-text-format.html">GVariant Text Format</a>
     */
    static Variant parse(String text, Property origin) {
        if (text.length() > MOST_CHARACTERS) {
            throw origin.wrong("is longer than " + MOST_CHARACTERS + " characters");
        }
        return new Text(text, origin).read();
    }

    private static final class Text {

        private static final int MOST_ELEMENTS = 128;

        private static final Map<String, String> KEYWORDS = Map.of(
                "boolean", "b", "byte", "y", "int16", "n", "uint16", "q", "int32", "i", "uint32", "u", "int64", "x",
                "uint64", "t", "double", "d", "string", "s");

        private final String text;
        private final Property origin;
        private int at;

        Text(String text, Property origin) {
            this.text = text;
            this.origin = origin;
        }

        Variant read() {
            var value = value("");
            if (peek() != 0) {
                throw wrong("has something behind its value");
            }
            return value;
        }

        /** @param type empty if it is to be found out */
        private Variant value(String type) {
            char first = peek();
            return switch (first) {
                case '@' -> annotated(type);
                case '[' -> array(type);
                case '\'', '"' -> new Variant(expect(type, "s"), List.of(quoted()));
                default -> Character.isLetter(first) ? worded(type) : number(type);
            };
        }

        /** {@code @t 5} */
        private Variant annotated(String type) {
            at++;
            var named = word();
            if (!named.matches("a?[bsynqiuxtd]")) {
                throw wrong("expected a type such as t or as behind @; structures and dictionaries are not supported");
            }
            return value(expect(type, named));
        }

        /** A boolean, or a value with the keyword of its type in front. */
        private Variant worded(String type) {
            var word = word();
            if (word.equals("true") || word.equals("false")) {
                return new Variant(expect(type, "b"), List.of(word));
            }
            if (!KEYWORDS.containsKey(word)) {
                throw wrong("\"" + word + "\" is neither a boolean nor a type; strings stand in quotes");
            }
            return value(expect(type, KEYWORDS.get(word)));
        }

        private Variant array(String type) {
            var elementType = type.startsWith("a") ? type.substring(1) : "";
            expect(type, "a" + elementType);
            at++;
            var words = new ArrayList<String>();
            while (peek() != ']') {
                if (!words.isEmpty()) {
                    expect(',');
                }
                if (words.size() == MOST_ELEMENTS) {
                    throw wrong("has more than " + MOST_ELEMENTS + " elements");
                }
                if (peek() == '[') {
                    throw wrong("arrays in arrays are not supported");
                }
                var element = value(elementType);
                elementType = element.type();
                words.addAll(element.words());
            }
            at++;
            if (elementType.isEmpty()) {
                throw wrong("an empty array needs its type in front, @as []");
            }
            words.addFirst(Integer.toString(words.size()));
            return new Variant("a" + elementType, words);
        }

        private String quoted() {
            char quote = text.charAt(at++);
            var string = new StringBuilder();
            while (at < text.length() && text.charAt(at) != quote) {
                char next = text.charAt(at++);
                string.append(next == '\\' ? escaped() : next);
            }
            if (at == text.length()) {
                throw wrong("has a string without its end");
            }
            at++;
            if (string.indexOf("\0") >= 0) {
                throw wrong("has a string with a NUL");
            }
            return string.toString();
        }

        private char escaped() {
            char next = at < text.length() ? text.charAt(at++) : 0;
            return switch (next) {
                case 'n' -> '\n';
                case 't' -> '\t';
                case 'r' -> '\r';
                case '\'', '"', '\\' -> next;
                default -> throw wrong("has an escape that is none of \\n, \\t, \\r, \\', \\\" and \\\\");
            };
        }

        private Variant number(String type) {
            int from = at;
            while (at < text.length() && isOfNumber(text.charAt(at))) {
                at++;
            }
            var digits = text.substring(from, at);
            var actual = type.isEmpty() ? (digits.contains(".") ? "d" : "i") : type;
            try {
                if (actual.equals("d")) {
                    return new Variant(actual, List.of(decimal(digits)));
                }
                if (NUMBERS.contains(actual)) {
                    return new Variant(actual, List.of(whole(digits, actual)));
                }
            } catch (NumberFormatException e) {
                throw wrong("\"" + digits + "\" is no number");
            }
            throw wrong("expected a value of type " + actual);
        }

        private static boolean isOfNumber(char next) {
            return "+-.".indexOf(next) >= 0 || Character.isLetterOrDigit(next);
        }

        private String decimal(String digits) {
            var value = new BigDecimal(digits);
            if (digits.length() > 40 || Math.abs(value.scale()) > 40) {
                throw wrong("\"" + digits + "\" is too long for a number");
            }
            return value.toPlainString();
        }

        private String whole(String digits, String type) {
            boolean hex = digits.matches("[+-]?0[xX].*");
            var value = hex
                    ? new BigInteger(digits.replaceFirst("0[xX]", ""), 16)
                    : new BigInteger(digits, digits.matches("[+-]?0[0-7]+") ? 8 : 10);
            int bits = switch (type) {
                case "y" -> 8;
                case "n", "q" -> 16;
                case "i", "u" -> 32;
                default -> 64;
            };
            boolean signed = "nix".contains(type);
            if ((value.signum() < 0 && !signed) || value.bitLength() > (signed ? bits - 1 : bits)) {
                throw wrong(digits + " is no number of type " + type + ", which has " + bits
                        + " bits; write a type in front," + " such as uint64");
            }
            return value.toString();
        }

        /** The next character that is no space; 0 at the end. */
        private char peek() {
            while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
                at++;
            }
            return at < text.length() ? text.charAt(at) : 0;
        }

        private String word() {
            int from = at;
            while (at < text.length() && Character.isLetterOrDigit(text.charAt(at))) {
                at++;
            }
            return text.substring(from, at);
        }

        private void expect(char wanted) {
            if (peek() != wanted) {
                throw wrong("expected " + wanted + " at character " + (at + 1));
            }
            at++;
        }

        private String expect(String wanted, String actual) {
            if (!wanted.isEmpty() && !wanted.equals(actual)) {
                throw wrong("has a value of type " + actual + " where one of type " + wanted + " is expected");
            }
            return actual;
        }

        private RuntimeException wrong(String why) {
            return origin.wrong(text, why);
        }
    }
}
