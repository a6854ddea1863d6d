package io.carafe.oci;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class JsonScannerTest {

    /** What Jackson makes of a document, in the scanner's terms. */
    private static Object tree(JsonNode node) {
        if (node.isObject()) {
            var members = new LinkedHashMap<String, Object>();
            node.properties().forEach(member -> members.put(member.getKey(), tree(member.getValue())));
            return members;
        }
        if (node.isArray()) {
            var elements = new ArrayList<>();
            node.forEach(element -> elements.add(tree(element)));
            return elements;
        }
        if (node.isNumber()) {
            return node.decimalValue().stripTrailingZeros();
        }
        return node.isBoolean() ? (Object) node.booleanValue() : node.isNull() ? null : node.stringValue();
    }

    /** The scanner's numbers as numbers. */
    private static Object numbers(Object value) {
        return switch (value) {
            case Map<?, ?> members -> {
                var all = new LinkedHashMap<Object, Object>();
                members.forEach((name, member) -> all.put(name, numbers(member)));
                yield all;
            }
            case List<?> elements -> {
                var all = new ArrayList<>();
                elements.forEach(element -> all.add(numbers(element)));
                yield all;
            }
            case JsonScanner.Digits digits -> new BigDecimal(digits.text()).stripTrailingZeros();
            case null -> null;
            default -> value;
        };
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "[]",
                " [ ] ",
                "\t{ \"a\" : [ 1 , -2 , 0 , -0 , 1.5 , 1e3 , 1E-3 , 12345678901234567890 ] ,\r\n\"b\":{\"c\":null}}\n",
                "[true,false,null,\"\"]",
                "{\"a\":1,\"b\":2,\"a\":3}",
                "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDE00 \u00e9\uD83D\uDE00 \\u0000\"",
                "[\"a\",[\"b\",{\"c\":[{}]}]]",
            })
    void whatJacksonReadsIsReadTheSameWay(String json) throws JsonScanner.Malformed {
        assertEquals(tree(Json.tree(json.getBytes(UTF_8), "json")), numbers(JsonScanner.scan(json.getBytes(UTF_8))));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            `  `                  | 1:3: the document is empty
            {                     | 1:2: expected the name of a member
            {"a"                  | 1:5: the document ends too early
            {"a":                 | 1:6: the document ends too early
            {"a":1                | 1:7: the document ends too early
            {"a" 1}               | 1:6: expected ':'
            {"a":1,}              | 1:8: expected the name of a member
            {a:1}                 | 1:2: expected the name of a member
            [1,]                  | 1:4: expected a value
            [1 2]                 | 1:4: expected ',' or ']'
            [1}                   | 1:3: expected ',' or ']'
            tru                   | 1:1: expected a value
            nul                   | 1:1: expected a value
            NaN                   | 1:1: expected a value
            01                    | 1:3: a number begins with a superfluous 0
            -                     | 1:2: expected a digit
            1.                    | 1:3: expected a digit
            .5                    | 1:1: expected a value
            +1                    | 1:1: expected a value
            1e                    | 1:3: expected a digit
            0x10                  | 1:2: there is something behind the document
            "a                    | 1:3: a string has no end
            "a\\                  | 1:4: a string has no end
            "\\x"                 | 1:4: there is no escape \\x
            "\\u12"               | 1:6: expected four hexadecimal digits
            "\\ud83d"             | 1:9: a string has half of a character (a surrogate without its pair)
            'a'                   | 1:1: expected a value
            [] // comment         | 1:4: there is something behind the document
            """)
    void whatIsNoJsonIsAnErrorWithItsPlace(String json, String error) {
        var malformed = assertThrows(JsonScanner.Malformed.class, () -> JsonScanner.scan(json.getBytes(UTF_8)));

        assertEquals(error, malformed.getMessage());
        assertThrows(
                RuntimeException.class,
                () -> Json.mapper()
                        .reader()
                        .with(tools.jackson.databind.DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                        .forType(Map.class)
                        .readValue(json.getBytes(UTF_8)));
    }

    private static void refused(String error, byte[] json) {
        assertEquals(
                error,
                assertThrows(JsonScanner.Malformed.class, () -> JsonScanner.scan(json))
                        .getMessage());
    }

    @Test
    void aHostileDocumentCostsLittle() {
        refused("1:66: nested deeper than 64", "[".repeat(1_000_000).getBytes(UTF_8));
        refused("1:66: a number has more than 64 digits", "1".repeat(65).getBytes(UTF_8));
        refused(
                "1:" + (Json.MAX_STRING + 4) + ": a string is longer than " + Json.MAX_STRING + " characters",
                ("\"" + "a".repeat(Json.MAX_STRING + 1) + "\"").getBytes(UTF_8));
        refused("1:1: the document is not in UTF-8", "\"\u00e9\"".getBytes(ISO_8859_1));
        refused("2:3: a control character stands in a string: it must be escaped", "[\n\"a\n\"]".getBytes(UTF_8));
    }

    @Test
    void whatIsWrittenIsReadAgain() throws JsonScanner.Malformed {
        var members = new LinkedHashMap<String, String>();
        members.put("a\"\\\n\u0001\u001f", "\u00e9 \uD83D\uDE00 \u007f/");
        members.put("", "");

        var json = JsonObject.write(members);

        assertEquals(members, JsonScanner.scan(json.getBytes(UTF_8)));
        assertEquals(members, tree(Json.tree(json.getBytes(UTF_8), "json")));
    }
}
