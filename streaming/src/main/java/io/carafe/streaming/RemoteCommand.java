package io.carafe.streaming;

import io.carafe.base.LatestSize;
import io.carafe.base.ProcessIo;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.function.Consumer;

/**
 * One exec or attach, whatever it is transported by: runs the handler on the streams, then reports how it ended.
 *
 * <p>A stream that the client did not ask for is null.
 */
final class RemoteCommand implements ProcessIo {

    private static final System.Logger LOG = System.getLogger("io.carafe.streaming");

    /** The streams of a client. {@code error} takes the status; {@code resize} only comes with a terminal. */
    record Streams(BytePipe stdin, Outlet stdout, Outlet stderr, Outlet error, BytePipe resize) {}

    private final Session.Command session;
    private final Streams streams;
    private final CommandProtocol protocol;
    private final Runnable done;
    private final Thread thread;
    private final LatestSize size = new LatestSize();

    /** @param done called after the status has been written, on the command's thread */
    RemoteCommand(Session.Command session, Streams streams, CommandProtocol protocol, Runnable done) {
        this.session = session;
        this.streams = streams;
        this.protocol = protocol;
        this.done = done;
        this.thread = Thread.ofVirtual().name("stream-" + session.path()).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** The client has gone: the handler is interrupted, and nobody hears of its result. */
    void cancel() {
        thread.interrupt();
    }

    private void run() {
        if (streams.resize() != null) {
            Thread.ofVirtual().name("stream-resize").start(this::readSizes);
        }
        var status = runHandler();
        closeQuietly(streams.stdout());
        closeQuietly(streams.stderr());
        // The status must get out even if the interruption came while the handler was ending.
        Thread.interrupted();
        try {
            streams.error().write(protocol.jsonStatus() ? status.asJson() : status.asText());
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, () -> session.path() + ": status not delivered: " + e.getMessage());
        }
        streams.error().close();
        closeInput(streams.stdin());
        closeInput(streams.resize());
        done.run();
    }

    private CommandStatus runHandler() {
        try {
            return new CommandStatus.Exited(session.handler().exec(this));
        } catch (Exception | LinkageError e) {
            LOG.log(System.Logger.Level.DEBUG, session.path() + " failed", e);
            return new CommandStatus.Failed(
                    e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage());
        }
    }

    private void readSizes() {
        try {
            TerminalSizes.read(streams.resize(), size::set);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.TRACE, () -> session.path() + ": no more terminal sizes: " + e.getMessage());
        }
    }

    @Override
    public void onResize(Consumer<TerminalSize> listener) {
        size.listen(listener);
    }

    @Override
    public InputStream stdin() {
        return streams.stdin();
    }

    @Override
    public OutputStream stdout() {
        return streams.stdout();
    }

    @Override
    public OutputStream stderr() {
        return streams.stderr();
    }

    @Override
    public boolean terminal() {
        return session.streams().terminal();
    }

    private static void closeQuietly(Outlet stream) {
        if (stream != null) {
            stream.close();
        }
    }

    private static void closeInput(BytePipe stream) {
        if (stream != null) {
            stream.close();
        }
    }
}
