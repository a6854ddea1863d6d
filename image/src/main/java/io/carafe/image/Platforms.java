package io.carafe.image;

import io.carafe.oci.image.Descriptor;
import io.carafe.oci.image.Platform;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/** Which platforms run on which, after containerd's {@code platforms} package. */
public final class Platforms {

    private Platforms() {}

    /** The platform that the JVM runs on. */
    public static Platform host() {
        return normalised(new Platform("linux", System.getProperty("os.arch"), null));
    }

    /** With the names that Go has, and the variant that an architecture implies. */
    public static Platform normalised(Platform platform) {
        var architecture = lower(platform.architecture());
        var variant = lower(platform.variant());
        var os = lower(platform.os()).isEmpty() ? "linux" : lower(platform.os());
        return switch (architecture) {
            case "x86_64", "x86-64", "amd64" -> new Platform(os, "amd64", variant.equals("v1") ? "" : variant);
            case "i386", "i686", "x86", "386" -> new Platform(os, "386", "");
            case "aarch64", "arm64" ->
                new Platform(os, "arm64", variant.isEmpty() || variant.equals("8") ? "v8" : variant);
            case "armhf" -> new Platform(os, "arm", "v7");
            case "armel" -> new Platform(os, "arm", "v6");
            case "arm" ->
                new Platform(os, "arm", variant.isEmpty() ? "v7" : variant.startsWith("v") ? variant : "v" + variant);
            default -> new Platform(os, architecture, variant);
        };
    }

    /** Whether an image for {@code image} runs on {@code wanted}. */
    public static boolean runs(Platform image, Platform wanted) {
        return !image.os().isEmpty() && rank(normalised(image), normalised(wanted)) >= 0;
    }

    /** The best of an index for {@code wanted}; empty if none runs there. */
    public static Optional<Descriptor> choose(List<Descriptor> manifests, Platform wanted) {
        Descriptor best = null;
        int bestRank = Integer.MAX_VALUE;
        for (var manifest : manifests) {
            if (manifest == null || manifest.platform() == null || !isImage(manifest)) {
                continue;
            }
            int rank = rank(normalised(manifest.platform()), normalised(wanted));
            if (rank >= 0 && rank < bestRank) {
                best = manifest;
                bestRank = rank;
            }
        }
        return Optional.ofNullable(best);
    }

    /** The platforms of an index, for messages. */
    public static List<String> names(List<Descriptor> manifests) {
        return manifests.stream()
                .filter(manifest -> manifest != null && manifest.platform() != null && isImage(manifest))
                .map(manifest -> manifest.platform().toString())
                .distinct()
                .sorted()
                .toList();
    }

    /** BuildKit adds attestations under the platform unknown/unknown. */
    private static boolean isImage(Descriptor manifest) {
        return !Objects.equals(manifest.platform().architecture(), "unknown");
    }

    /** Zero for the very platform, larger for worse ones that run, negative for those that do not. */
    private static int rank(Platform image, Platform wanted) {
        if (!image.os().equals(wanted.os())) {
            return -1;
        }
        int place = accepted(wanted).indexOf(image.architecture() + "/" + image.variant());
        return place;
    }

    private static List<String> accepted(Platform wanted) {
        var names = new ArrayList<String>();
        switch (wanted.architecture()) {
            case "amd64" -> {
                for (int version = level(wanted.variant(), 1); version > 1; version--) {
                    names.add("amd64/v" + version);
                }
                names.add("amd64/");
            }
            case "arm64" -> {
                for (int version = level(wanted.variant(), 8); version >= 8; version--) {
                    names.add("arm64/v" + version);
                }
            }
            case "arm" -> {
                for (int version = level(wanted.variant(), 7); version >= 5; version--) {
                    names.add("arm/v" + version);
                }
            }
            default -> names.add(wanted.architecture() + "/" + wanted.variant());
        }
        return names;
    }

    /** {@code v8} and {@code v8.2} are 8. */
    private static int level(String variant, int fallback) {
        var number = variant.replaceFirst("^v", "").replaceFirst("\\..*", "");
        return number.matches("[0-9]{1,2}") ? Integer.parseInt(number) : fallback;
    }

    private static String lower(String name) {
        return name == null ? "" : name.toLowerCase(Locale.ROOT);
    }
}
