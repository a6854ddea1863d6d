package io.carafe.runtime.oci;

import io.carafe.base.CarafeException;
import io.carafe.oci.runtime.LinuxResources;
import io.carafe.oci.runtime.LinuxResources.BlockIo;
import io.carafe.oci.runtime.LinuxResources.Cpu;
import io.carafe.oci.runtime.LinuxResources.Memory;
import io.carafe.oci.runtime.LinuxResources.Pids;
import io.carafe.oci.runtime.SpecReader;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** What runc's {@code update} takes: limits as a document, or a flag for each. */
final class UpdateFlags {

    private static final Set<String> VALUED = Set.of(
            "resources",
            "r",
            "blkio-weight",
            "cpu-period",
            "cpu-quota",
            "cpu-burst",
            "cpu-share",
            "cpu-rt-period",
            "cpu-rt-runtime",
            "cpu-idle",
            "cpuset-cpus",
            "cpuset-mems",
            "kernel-memory",
            "kernel-memory-tcp",
            "memory",
            "memory-reservation",
            "memory-swap",
            "pids-limit",
            "l3-cache-schema",
            "mem-bw-schema",
            "pidfile");

    private static final Map<Character, Integer> UNITS = Map.of('k', 10, 'm', 20, 'g', 30, 't', 40);

    private final CommandLine line;

    private UpdateFlags(CommandLine line) {
        this.line = line;
    }

    /** What is to change; what is not named is null. */
    static LinuxResources resources(List<String> words, InputStream in) throws IOException {
        var line = CommandLine.parse(words, VALUED, Set.of(), false);
        line.word("update");
        for (var flag : List.of("l3-cache-schema", "mem-bw-schema")) {
            if (line.value(flag).isPresent()) {
                throw new CarafeException.FailedPrecondition(
                        "update: --" + flag + ": a group of resctrl cannot be changed while the container runs");
            }
        }
        var document = line.value("resources").or(() -> line.value("r"));
        return document.isPresent()
                ? SpecReader.resources(OciCompile.document(document, in), document.get())
                : new UpdateFlags(line).resources();
    }

    private LinuxResources resources() {
        var memory = new Memory(
                bytes("memory"),
                bytes("memory-reservation"),
                bytes("memory-swap"),
                bytes("kernel-memory"),
                bytes("kernel-memory-tcp"),
                null,
                null,
                null,
                null);
        var cpu = new Cpu(
                number("cpu-share"),
                number("cpu-quota"),
                number("cpu-burst"),
                number("cpu-period"),
                number("cpu-rt-runtime"),
                number("cpu-rt-period"),
                line.value("cpuset-cpus").orElse(null),
                line.value("cpuset-mems").orElse(null),
                number("cpu-idle"));
        var weight = number("blkio-weight");
        return new LinuxResources(
                null,
                memory,
                cpu,
                new Pids(number("pids-limit")),
                weight == null ? null : new BlockIo(weight.intValue(), null, null, null, null, null, null),
                null,
                null,
                null,
                null);
    }

    private Long number(String flag) {
        try {
            return line.value(flag).map(Long::parseLong).orElse(null);
        } catch (NumberFormatException e) {
            throw wrong(flag, e);
        }
    }

    /** {@code 512m}, in powers of 1024; −1 is no limit. */
    private Long bytes(String flag) {
        var value = line.value(flag).orElse("").strip().toLowerCase(Locale.ROOT);
        if (value.isEmpty()) {
            return null;
        }
        var plain = value.endsWith("b") ? value.substring(0, value.length() - 1) : value;
        plain = plain.endsWith("i") ? plain.substring(0, plain.length() - 1) : plain;
        try {
            var shift = plain.isEmpty() ? null : UNITS.get(plain.charAt(plain.length() - 1));
            long number = Long.parseLong(shift == null ? plain : plain.substring(0, plain.length() - 1));
            return Math.multiplyExact(number, 1L << (shift == null ? 0 : shift));
        } catch (ArithmeticException | NumberFormatException e) {
            throw wrong(flag, e);
        }
    }

    private CarafeException wrong(String flag, RuntimeException e) {
        return new CarafeException.InvalidArgument(
                "update: --" + flag + ": \"" + line.value(flag).orElse("") + "\" is no number", e);
    }
}
