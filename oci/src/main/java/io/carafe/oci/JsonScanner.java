package io.carafe.oci;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Takes a JSON document apart (RFC 8259), for {@link JsonObject}. It makes maps, lists, strings, {@link Digits}, booleans and
 * nulls, with the limits of {@link Json}; of a name that is there twice the last value counts, as there.
 *
 * <p>Jackson's parser would do, but its first use initializes BigDecimal, and with JDK 25 that alone is 40 milliseconds.
 */
final class JsonScanner {

    /** A number as it is written. */
    record Digits(String text) {
        @Override
        public String toString() {
            return text;
        }
    }

    /** What is no JSON, and where: {@code 3:14: expected a value}. */
    static final class Malformed extends Exception {
        private static final long serialVersionUID = 1L;

        Malformed(int line, int column, String reason) {
            super(line + ":" + column + ": " + reason);
        }
    }

    private static final int MAX_NUMBER = 64;
    private static final int END = -1;

    private final String text;
    private int at;
    private int depth;

    private JsonScanner(String text) {
        this.text = text;
    }

    /** The one value of a document in UTF-8. */
    static Object scan(byte[] json) throws Malformed {
        var scanner = new JsonScanner(decoded(json));
        var value = scanner.value();
        if (scanner.next() != END) {
            throw scanner.malformed("there is something behind the document");
        }
        return value;
    }

    private static String decoded(byte[] json) throws Malformed {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(json))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new Malformed(1, 1, "the document is not in UTF-8");
        }
    }

    private Malformed malformed(String reason) {
        int line = 1;
        int begin = 0;
        for (int end = text.indexOf('\n'); end >= 0 && end < at; end = text.indexOf('\n', end + 1)) {
            line++;
            begin = end + 1;
        }
        return new Malformed(line, at - begin + 1, reason);
    }

    /** The character here, behind white space. */
    private int next() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        return at < text.length() ? text.charAt(at) : END;
    }

    /** Goes on behind a character if it is the next one. */
    private boolean skips(char wanted) {
        boolean is = next() == wanted;
        at += is ? 1 : 0;
        return is;
    }

    private void expect(char wanted) throws Malformed {
        if (!skips(wanted)) {
            var expected = wanted == ':' ? "expected ':'" : "expected ',' or '" + wanted + "'";
            throw malformed(next() == END ? "the document ends too early" : expected);
        }
    }

    private Object value() throws Malformed {
        return switch (next()) {
            case '{' -> object();
            case '[' -> list();
            case '"' -> string();
            case 't' -> word("true", true);
            case 'f' -> word("false", false);
            case 'n' -> word("null", null);
            case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> number();
            case END -> throw malformed(text.isBlank() ? "the document is empty" : "the document ends too early");
            default -> throw malformed("expected a value");
        };
    }

    private Map<String, Object> object() throws Malformed {
        var members = new LinkedHashMap<String, Object>();
        deeper('{');
        if (!skips('}')) {
            do {
                if (next() != '"') {
                    throw malformed("expected the name of a member");
                }
                var name = string();
                expect(':');
                members.put(name, value());
            } while (skips(','));
            expect('}');
        }
        depth--;
        return members;
    }

    private List<Object> list() throws Malformed {
        var elements = new ArrayList<>();
        deeper('[');
        if (!skips(']')) {
            do {
                elements.add(value());
            } while (skips(','));
            expect(']');
        }
        depth--;
        return elements;
    }

    private void deeper(char bracket) throws Malformed {
        expect(bracket);
        if (++depth > Json.MAX_DEPTH) {
            throw malformed("nested deeper than " + Json.MAX_DEPTH);
        }
    }

    private Object word(String word, Object value) throws Malformed {
        if (!text.startsWith(word, at)) {
            throw malformed("expected a value");
        }
        at += word.length();
        return value;
    }

    private Digits number() throws Malformed {
        int begin = at;
        skips('-');
        boolean zero = at < text.length() && text.charAt(at) == '0';
        int integer = digits();
        if (zero && integer > 1) {
            throw malformed("a number begins with a superfluous 0");
        }
        if (at < text.length() && text.charAt(at) == '.') {
            at++;
            digits();
        }
        if (at < text.length() && (text.charAt(at) | 0x20) == 'e') {
            at++;
            at += at < text.length() && "+-".indexOf(text.charAt(at)) >= 0 ? 1 : 0;
            digits();
        }
        if (at - begin > MAX_NUMBER) {
            throw malformed("a number has more than " + MAX_NUMBER + " digits");
        }
        return new Digits(text.substring(begin, at));
    }

    /** At least one; how many. */
    private int digits() throws Malformed {
        int begin = at;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            at++;
        }
        if (at == begin) {
            throw malformed("expected a digit");
        }
        return at - begin;
    }

    private String string() throws Malformed {
        int begin = ++at;
        for (int c = character(); c != '"'; c = character()) {
            if (c == '\\') {
                return unescaped(begin);
            }
            at++;
        }
        return limited(text.substring(begin, at++));
    }

    /** The rest of a string with escapes, from the first of them. */
    private String unescaped(int begin) throws Malformed {
        var out = new StringBuilder().append(text, begin, at);
        for (int c = character(); c != '"'; c = character()) {
            at++;
            out.append(c == '\\' ? escape() : (char) c);
        }
        at++;
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(out)) {
            throw malformed("a string has half of a character (a surrogate without its pair)");
        }
        return limited(out.toString());
    }

    private String limited(String value) throws Malformed {
        if (value.length() > Json.MAX_STRING) {
            throw malformed("a string is longer than " + Json.MAX_STRING + " characters");
        }
        return value;
    }

    private char character() throws Malformed {
        if (at == text.length()) {
            throw malformed("a string has no end");
        }
        char c = text.charAt(at);
        if (c < ' ') {
            throw malformed("a control character stands in a string: it must be escaped");
        }
        return c;
    }

    private char escape() throws Malformed {
        char c = character();
        at++;
        return switch (c) {
            case '"', '\\', '/' -> c;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> unicode();
            default -> throw malformed("there is no escape \\" + c);
        };
    }

    private char unicode() throws Malformed {
        int value = 0;
        for (int i = 0; i < 4; i++, at++) {
            int digit = Character.digit(character(), 16);
            if (digit < 0) {
                throw malformed("expected four hexadecimal digits");
            }
            value = value << 4 | digit;
        }
        return (char) value;
    }
}
