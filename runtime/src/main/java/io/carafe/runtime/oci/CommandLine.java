package io.carafe.runtime.oci;

import io.carafe.base.CarafeException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Words and flags as runc reads them, which is Go's way: {@code --name value}, {@code --name=value}, one dash or two, and what
 * is given twice counts as given last, but for {@link #all}.
 */
record CommandLine(Map<String, List<String>> values, List<String> words, List<String> rest) {

    CommandLine {
        values = Map.copyOf(values);
        words = List.copyOf(words);
        rest = List.copyOf(rest);
    }

    /**
     * @param valued names of flags that take a value
     * @param switches names of those that do not
     * @param untilWord the first word ends it, and with what follows becomes the rest
     * @throws CarafeException.InvalidArgument if there is a flag that is in neither
     */
    static CommandLine parse(List<String> line, Set<String> valued, Set<String> switches, boolean untilWord) {
        var values = new HashMap<String, List<String>>();
        var words = new ArrayList<String>();
        for (int at = 0; at < line.size(); at++) {
            var word = line.get(at);
            if (!word.startsWith("-") || word.equals("-")) {
                if (untilWord) {
                    return new CommandLine(values, List.of(), line.subList(at, line.size()));
                }
                words.add(word);
                continue;
            }
            if (word.equals("--")) {
                words.addAll(line.subList(at + 1, line.size()));
                break;
            }
            var flag = word.substring(word.startsWith("--") ? 2 : 1);
            int equals = flag.indexOf('=');
            var name = equals < 0 ? flag : flag.substring(0, equals);
            if (switches.contains(name)) {
                add(values, name, equals < 0 ? "true" : flag.substring(equals + 1));
            } else if (!valued.contains(name)) {
                throw new CarafeException.InvalidArgument("flag provided but not defined: -" + name);
            } else if (equals >= 0) {
                add(values, name, flag.substring(equals + 1));
            } else if (++at < line.size()) {
                add(values, name, line.get(at));
            } else {
                throw new CarafeException.InvalidArgument("flag needs an argument: -" + name);
            }
        }
        return new CommandLine(values, words, List.of());
    }

    private static void add(Map<String, List<String>> values, String name, String value) {
        values.computeIfAbsent(name, any -> new ArrayList<>()).add(value);
    }

    Optional<String> value(String name) {
        return Optional.ofNullable(values.get(name)).map(List::getLast);
    }

    /** Everything that is given under any of the names, a name at a time. */
    List<String> all(String... names) {
        return Arrays.stream(names)
                .flatMap(name -> values.getOrDefault(name, List.of()).stream())
                .toList();
    }

    boolean isOn(String name) {
        return Set.of("true", "1", "t", "T", "TRUE", "True")
                .contains(value(name).orElse(""));
    }

    /** The one word that the command wants. */
    String word(String command) {
        if (words.size() != 1) {
            throw new CarafeException.InvalidArgument("carafe-oci: \"" + command + "\" requires exactly 1 argument(s)");
        }
        return words.getFirst();
    }
}
