package io.carafe.engine.pod;

import io.carafe.base.CarafeException.InvalidArgument;
import io.carafe.network.Bandwidth;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The bandwidth that a pod is limited to, by the annotations that Kubernetes has for it: bits a second, written as a
 * quantity ({@code 10M}, {@code 1Gi}, {@code 1e6}). The kubelet passes them on unread.
 */
final class PodBandwidth {

    static final String INGRESS = "kubernetes.io/ingress-bandwidth";
    static final String EGRESS = "kubernetes.io/egress-bandwidth";

    /** Of apimachinery's {@code resource.Quantity}. */
    private static final Pattern QUANTITY = Pattern.compile(
            "([0-9]{1,18}(?:\\.[0-9]{0,18})?|\\.[0-9]{1,18})(?:([KMGTPE]i|[mkMGTPE])|[eE]([+-]?[0-9]{1,2}))?");

    private static final List<String> DECIMAL = List.of("", "k", "M", "G", "T", "P", "E");
    private static final List<String> BINARY = List.of("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei");

    /** Kubernetes' own bounds: a kilobit and a petabit. */
    private static final BigDecimal LEAST = BigDecimal.valueOf(1_000);

    private static final BigDecimal MOST = BigDecimal.valueOf(1_000_000_000_000_000L);

    private PodBandwidth() {}

    /**
     * What the annotations ask for; empty if none of them is there.
     *
     * @throws InvalidArgument if one is no bandwidth
     */
    static Optional<Bandwidth> of(Map<String, String> annotations) {
        if (!annotations.containsKey(INGRESS) && !annotations.containsKey(EGRESS)) {
            return Optional.empty();
        }
        return Optional.of(Bandwidth.ofRates(rate(annotations, INGRESS), rate(annotations, EGRESS)));
    }

    private static long rate(Map<String, String> annotations, String name) {
        var text = annotations.get(name);
        if (text == null) {
            return 0;
        }
        var rate = parse(name, text);
        if (rate.compareTo(LEAST) < 0 || rate.compareTo(MOST) > 0) {
            throw new InvalidArgument("annotation " + name + " is \"" + text + "\": must be 1k to 1P bits a second");
        }
        return rate.setScale(0, RoundingMode.CEILING).longValueExact();
    }

    private static BigDecimal parse(String name, String text) {
        var parts = QUANTITY.matcher(text);
        if (!parts.matches()) {
            throw new InvalidArgument("annotation " + name + " is \"" + text.substring(0, Math.min(text.length(), 64))
                    + "\": not a quantity such as 10M");
        }
        var number = new BigDecimal(parts.group(1));
        if (parts.group(3) != null) {
            return number.scaleByPowerOfTen(Integer.parseInt(parts.group(3)));
        }
        var suffix = parts.group(2) == null ? "" : parts.group(2);
        if (suffix.equals("m")) {
            return number.scaleByPowerOfTen(-3);
        }
        return suffix.endsWith("i")
                ? number.multiply(BigDecimal.valueOf(1024).pow(BINARY.indexOf(suffix)))
                : number.scaleByPowerOfTen(3 * DECIMAL.indexOf(suffix));
    }
}
