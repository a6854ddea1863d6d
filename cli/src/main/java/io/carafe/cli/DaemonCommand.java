package io.carafe.cli;

import io.grpc.StatusRuntimeException;
import java.io.PrintStream;
import java.util.concurrent.Callable;

/** A command that asks the daemon. */
abstract class DaemonCommand implements Callable<Integer> {

    private final Carafe carafe;
    final Words words;
    final PrintStream out = System.out;

    DaemonCommand(Carafe carafe, String name, String description) {
        this.carafe = carafe;
        words = new Words(this, name, description);
    }

    /** @return the exit code */
    abstract int run(Connection daemon) throws Exception;

    /** The exit code if the daemon fails. */
    int daemonFailed() {
        return 1;
    }

    @Override
    public final Integer call() throws Exception {
        try {
            var daemon = carafe.connect();
            try {
                return run(daemon);
            } catch (StatusRuntimeException e) {
                throw daemon.failure(e);
            } finally {
                out.flush();
            }
        } catch (Failure e) {
            throw e.exitCode() == 1 ? new Failure(e.getMessage(), daemonFailed()) : e;
        }
    }
}
