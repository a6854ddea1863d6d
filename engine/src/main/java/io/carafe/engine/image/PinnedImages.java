package io.carafe.engine.image;

import io.carafe.base.CarafeException;
import io.carafe.image.Image;
import io.carafe.image.Reference;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Images that no garbage collector may remove, by patterns as in CRI-O's {@code pinned_images}: a whole name, {@code foo*} for
 * names that begin so, {@code *foo*} for names that have it in them, {@code *} for all. Case does not matter. A whole name may
 * be short, as in a command: {@code nginx} is {@code docker.io/library/nginx:latest}.
 */
public final class PinnedImages {

    public static final PinnedImages NONE = new PinnedImages(List.of());

    private final List<Predicate<String>> patterns;

    private PinnedImages(List<Predicate<String>> patterns) {
        this.patterns = patterns;
    }

    /** @throws CarafeException.InvalidArgument naming the pattern that is none */
    public static PinnedImages of(List<String> patterns) {
        return new PinnedImages(patterns.stream().map(PinnedImages::pattern).toList());
    }

    private static Predicate<String> pattern(String text) {
        var lower = text.toLowerCase(Locale.ROOT);
        int star = lower.indexOf('*');
        if (lower.length() > 1 && star == 0 && lower.indexOf('*', 1) == lower.length() - 1) {
            var keyword = lower.substring(1, lower.length() - 1);
            return name -> name.contains(keyword);
        }
        if (star >= 0 && star == lower.length() - 1) {
            var beginning = lower.substring(0, star);
            return name -> name.startsWith(beginning);
        }
        if (star >= 0 || text.isBlank()) {
            throw new CarafeException.InvalidArgument(
                    "pinned image \"" + text
                            + "\": expected the name of an image, NAME* for those that begin so, or *WORD* for those that have it");
        }
        var whole = Reference.parse(text).toString().toLowerCase(Locale.ROOT);
        return whole::equals;
    }

    boolean match(List<String> names) {
        return names.stream()
                .map(name -> name.toLowerCase(Locale.ROOT))
                .anyMatch(name -> patterns.stream().anyMatch(pattern -> pattern.test(name)));
    }

    /** The same, with what is said here of its names. */
    Image mark(Image image) {
        return patterns.isEmpty()
                ? image
                : image.withPinned(match(Stream.concat(image.repoTags().stream(), image.repoDigests().stream())
                        .toList()));
    }
}
