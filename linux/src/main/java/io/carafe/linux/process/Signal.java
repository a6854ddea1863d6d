package io.carafe.linux.process;

import io.carafe.base.CarafeException;
import java.util.List;
import java.util.Locale;

/**
 * A signal of Linux by its number, 1 to 64; the same on x86-64 and aarch64.
 *
 * @param number as for {@code kill(2)}
 */
public record Signal(int number) {

    private static final List<String> NAMES = List.of(
            "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
            "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF",
            "WINCH", "IO", "PWR", "SYS");
    private static final int LARGEST = 64;
    /** glibc's numbers as programs see them: 32 and 33 belong to its threads. */
    private static final int RTMIN = 34;

    public static final Signal HUP = new Signal(1);
    public static final Signal INT = new Signal(2);
    public static final Signal KILL = new Signal(9);
    public static final Signal TERM = new Signal(15);
    public static final Signal CONT = new Signal(18);
    public static final Signal STOP = new Signal(19);
    public static final Signal WINCH = new Signal(28);

    public Signal {
        if (number < 1 || number > LARGEST) {
            throw new CarafeException.InvalidArgument("signal " + number + " does not exist: expected 1 to " + LARGEST);
        }
    }

    /**
     * Reads what people and images write: {@code SIGTERM}, {@code term}, {@code 15}, {@code SIGRTMIN+3}, {@code RTMAX-1}.
     *
     * @throws CarafeException.InvalidArgument if there is no such signal
     */
    public static Signal parse(String text) {
        var name = text.strip().toUpperCase(Locale.ROOT);
        if (name.startsWith("SIG")) {
            name = name.substring(3);
        }
        var aliased = switch (name) {
            case "IOT" -> "ABRT";
            case "POLL" -> "IO";
            case "CLD" -> "CHLD";
            default -> name;
        };
        int index = NAMES.indexOf(aliased);
        if (index >= 0) {
            return new Signal(index + 1);
        }
        int number = name.startsWith("RTMIN")
                ? RTMIN + offset(name.substring(5), '+')
                : name.startsWith("RTMAX") ? LARGEST - offset(name.substring(5), '-') : number(name);
        if (number < 1 || number > LARGEST || (name.startsWith("RT") && number < RTMIN)) {
            throw new CarafeException.InvalidArgument("signal \"" + text + "\" does not exist");
        }
        return new Signal(number);
    }

    /** {@code SIGTERM}, {@code SIGRTMIN+3}. */
    public String name() {
        if (number <= NAMES.size()) {
            return "SIG" + NAMES.get(number - 1);
        }
        return number < RTMIN ? "SIG" + number : "SIGRTMIN" + (number == RTMIN ? "" : "+" + (number - RTMIN));
    }

    @Override
    public String toString() {
        return name();
    }

    private static int offset(String text, char sign) {
        return text.isEmpty() ? 0 : text.charAt(0) == sign ? number(text.substring(1)) : LARGEST + 1;
    }

    /** The decimal number, or one that no signal has. */
    private static int number(String text) {
        return text.length() <= 2 && !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9')
                ? Integer.parseInt(text)
                : 2 * LARGEST + 1;
    }
}
