package io.carafe.daemon.config;

import java.util.regex.Pattern;

/** Finds the line that a key stands on; only for messages, so an exotic spelling may yield the line of its table. */
final class KeyLines {

    private static final Pattern TABLE = Pattern.compile("\\s*\\[\\s*([^\\]]+?)\\s*\\].*");
    private static final Pattern KEY = Pattern.compile("\\s*([A-Za-z0-9_.\"'-]+)\\s*=.*");

    private final String text;

    KeyLines(String text) {
        this.text = text;
    }

    /** One-based; 1 if nothing fits. */
    int of(String dottedKey) {
        var table = "";
        int best = 1;
        int bestLength = 0;
        int number = 0;
        for (var line : text.lines().toList()) {
            number++;
            String here;
            var header = TABLE.matcher(line);
            var key = KEY.matcher(line);
            if (header.matches()) {
                table = unquoted(header.group(1));
                here = table;
            } else if (key.matches()) {
                here = table.isEmpty() ? unquoted(key.group(1)) : table + "." + unquoted(key.group(1));
            } else {
                continue;
            }
            if ((dottedKey.equals(here) || dottedKey.startsWith(here + ".")) && here.length() > bestLength) {
                best = number;
                bestLength = here.length();
            }
        }
        return best;
    }

    private static String unquoted(String key) {
        return key.replace("\"", "").replace("'", "");
    }
}
