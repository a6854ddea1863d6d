package io.carafe.linux.process;

import java.lang.reflect.Proxy;
import java.util.List;

/**
 * Handlers for POSIX signals. The JDK has no public interface for them; {@code sun.misc.Signal} of the supported module
 * {@code jdk.unsupported} is reached by reflection because javac warns of it in a way that cannot be silenced.
 */
public final class Signals {

    /** What asks a program to end. */
    public static final List<String> ENDING = List.of("INT", "TERM", "HUP");

    private Signals() {}

    /**
     * Runs {@code action} on a thread of its own whenever the signal arrives, instead of what was set before.
     *
     * @param name without {@code SIG}
     */
    public static void on(String name, Runnable action) {
        try {
            var signal = Class.forName("sun.misc.Signal");
            var handler = Class.forName("sun.misc.SignalHandler");
            var proxy = Proxy.newProxyInstance(
                    Signals.class.getClassLoader(), new Class<?>[] {handler}, (_, method, arguments) -> {
                        if (method.getDeclaringClass() == Object.class) {
                            return method.invoke(action, arguments);
                        }
                        action.run();
                        return null;
                    });
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance(name), proxy);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("cannot handle SIG" + name, e);
        }
    }
}
