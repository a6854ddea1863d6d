package io.carafe.runtime.oci;

import io.carafe.linux.Errno;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** What may help after a failure: the table {@code remedies.txt}, by op, errno and words of the message. */
final class Remedies {

    private static final String TABLE = "remedies.txt";

    private Remedies() {}

    /**
     * A line of the table.
     *
     * @param ops those it is for; all if there are none
     * @param errnos their names, likewise
     * @param words that the message has; empty if it may be any
     */
    record Row(Set<String> ops, Set<String> errnos, String words, String remedy) {

        static Row of(String line) {
            var cells = line.split(" \\| ", -1);
            if (cells.length != 4) {
                throw new IllegalArgumentException(TABLE + ": expected four cells: " + line);
            }
            return new Row(words(cells[0]), words(cells[1]), cells[2].equals("*") ? "" : cells[2], cells[3]);
        }

        private static Set<String> words(String cell) {
            return cell.equals("*") ? Set.of() : Arrays.stream(cell.split(" ")).collect(Collectors.toUnmodifiableSet());
        }

        private boolean fits(FailureRecord failure) {
            return (ops.isEmpty() || (failure.op() != null && ops.contains(failure.op())))
                    && (errnos.isEmpty() || (failure.errno() != 0 && errnos.contains(Errno.name(failure.errno()))))
                    && failure.message().contains(words);
        }
    }

    static List<Row> table() {
        try (var in = Remedies.class.getResourceAsStream(TABLE)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .map(Row::of)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(TABLE, e);
        }
    }

    /** Lower case, without a full stop; never empty. */
    static String of(FailureRecord failure) {
        return table().stream()
                .filter(row -> row.fits(failure))
                .findFirst()
                .map(Row::remedy)
                .orElse(
                        failure.errno() == 0
                                ? "correct what the message names, in config.json or on the command line"
                                : "none is known; the manual of what the step does may have one");
    }
}
