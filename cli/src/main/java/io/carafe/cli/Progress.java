package io.carafe.cli;

import io.carafe.proto.carafe.v1.LayerProgress;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Shows how a pull goes: on a terminal one line per layer with a bar, drawn anew as events come; elsewhere a plain line
 * whenever a layer enters another phase.
 */
abstract class Progress {

    abstract void layer(LayerProgress layer);

    abstract void note(String text);

    static Progress none() {
        return new Progress() {
            @Override
            void layer(LayerProgress layer) {}

            @Override
            void note(String text) {}
        };
    }

    static Progress on(PrintStream out, boolean terminal) {
        return terminal ? new Bars(out) : new Lines(out);
    }

    static String phase(LayerProgress layer) {
        return switch (layer.getPhase()) {
            case WAITING -> "waiting";
            case DOWNLOADING -> "downloading";
            case UNPACKING -> "unpacking";
            case DONE -> "done";
            case PRESENT -> "already here";
            case COPYING -> "copying";
            case UNRECOGNIZED -> "?";
        };
    }

    private static final class Lines extends Progress {
        private final PrintStream out;
        private final Map<String, LayerProgress.Phase> known = new LinkedHashMap<>();

        Lines(PrintStream out) {
            this.out = out;
        }

        @Override
        void layer(LayerProgress layer) {
            if (known.put(layer.getDigest(), layer.getPhase()) != layer.getPhase()
                    && layer.getPhase() != LayerProgress.Phase.WAITING) {
                var size = layer.getTotalBytes() > 0 ? " (" + Units.decimal(layer.getTotalBytes()) + ")" : "";
                out.println(Text.shortId(layer.getDigest()) + ": " + phase(layer) + size);
            }
        }

        @Override
        void note(String text) {
            out.println(Text.printableLines(text));
        }
    }

    private static final class Bars extends Progress {
        private static final int BAR = 30;
        private static final int MOST_LINES = 40;
        private static final String CLEAR_LINE = "\r\u001b[K";

        private final PrintStream out;
        private final Map<String, LayerProgress> layers = new LinkedHashMap<>();
        private int drawn;

        Bars(PrintStream out) {
            this.out = out;
        }

        @Override
        void layer(LayerProgress layer) {
            layers.put(layer.getDigest(), layer);
            draw("");
        }

        @Override
        void note(String text) {
            draw(CLEAR_LINE + Text.printableLines(text) + "\n");
        }

        /** One write for all, so that nothing flickers. */
        private void draw(String above) {
            var text = new StringBuilder();
            if (drawn > 0) {
                text.append("\u001b[").append(drawn).append('A');
            }
            text.append(above);
            drawn = 0;
            // what would scroll away can't be drawn over: of very many layers the unfinished ones are shown
            for (var layer : layers.values()) {
                if (drawn < MOST_LINES && (layers.size() <= MOST_LINES || !finished(layer))) {
                    text.append(CLEAR_LINE).append(line(layer)).append('\n');
                    drawn++;
                }
            }
            text.append("\u001b[J");
            out.print(text);
            out.flush();
        }

        private static boolean finished(LayerProgress layer) {
            return layer.getPhase() == LayerProgress.Phase.DONE || layer.getPhase() == LayerProgress.Phase.PRESENT;
        }

        private static String line(LayerProgress layer) {
            var text = new StringBuilder(Text.shortId(layer.getDigest()))
                    .append("  ")
                    .append(String.format(java.util.Locale.ROOT, "%-12s", phase(layer)));
            var total = layer.getTotalBytes();
            var done = Math.max(0, finished(layer) ? total : layer.getDoneBytes());
            if (total > 0 && layer.getPhase() != LayerProgress.Phase.PRESENT) {
                var filled = (int) Math.min(BAR, BAR * done / total);
                text.append(" [").repeat("=", filled).repeat(" ", BAR - filled).append("] ");
                text.append(Units.decimal(Math.min(done, total))).append(" / ").append(Units.decimal(total));
            } else if (done > 0) {
                text.append(' ').append(Units.decimal(done));
            }
            return text.toString();
        }
    }
}
