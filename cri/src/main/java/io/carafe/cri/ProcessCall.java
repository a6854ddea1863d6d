package io.carafe.cri;

import com.google.protobuf.ByteString;
import io.carafe.base.LatestSize;
import io.carafe.base.ProcessIo;
import io.carafe.proto.carafe.v1.Attached;
import io.carafe.proto.carafe.v1.ProcessOutput;
import io.carafe.streaming.BytePipe;
import io.grpc.stub.ServerCallStreamObserver;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A process whose streams are a bidirectional call: its input comes as messages, which are asked for as long as little of
 * it waits; its output goes out as messages, which wait while the client does not keep up.
 */
final class ProcessCall implements ProcessIo, BytePipe.Pressure {

    /** Of input waiting for the process. */
    private static final int ENOUGH_BYTES = 1024 * 1024;

    /** Of one message. */
    private static final int CHUNK_BYTES = 32 * 1024;

    private final ServerCallStreamObserver<ProcessOutput> call;
    private final StreamedAnswer<ProcessOutput> answer;
    private final boolean terminal;
    private final BytePipe stdin;
    private final OutputStream stdout =
            output(bytes -> ProcessOutput.newBuilder().setStdout(bytes));
    private final OutputStream stderr =
            output(bytes -> ProcessOutput.newBuilder().setStderr(bytes));
    private final LatestSize size = new LatestSize();
    private final Object pressureLock = new Object();
    private long waitingBytes;
    private boolean owesRequest;
    private boolean owesAttached;

    /** @param tellsAttached whether the client waits for word that the streams are joined */
    ProcessCall(
            ServerCallStreamObserver<ProcessOutput> call,
            StreamedAnswer<ProcessOutput> answer,
            boolean terminal,
            boolean wantsStdin,
            boolean tellsAttached) {
        this.call = call;
        this.answer = answer;
        this.terminal = terminal;
        this.owesAttached = tellsAttached;
        this.stdin = wantsStdin ? new BytePipe(this) : null;
    }

    /** Bytes from the client, for a process that takes input; otherwise they are dropped. */
    void input(ByteString bytes) {
        if (stdin != null) {
            stdin.offer(bytes.toByteArray());
        }
    }

    void endInput() {
        if (stdin != null) {
            stdin.end();
        }
    }

    void breakInput(String reason) {
        if (stdin != null) {
            stdin.fail(new IOException(reason));
        }
    }

    /** The process is done: what still comes is nobody's. */
    void dropInput() {
        if (stdin != null) {
            stdin.close();
        }
    }

    /** Asks for the next message, now or once the process has read more. */
    void requestMore() {
        synchronized (pressureLock) {
            owesRequest = waitingBytes > ENOUGH_BYTES;
            if (!owesRequest) {
                call.request(1);
            }
        }
    }

    @Override
    public void arrived(int bytes) {
        synchronized (pressureLock) {
            waitingBytes += bytes;
        }
    }

    @Override
    public void taken(int bytes) {
        synchronized (pressureLock) {
            waitingBytes -= bytes;
            if (owesRequest && waitingBytes <= ENOUGH_BYTES) {
                owesRequest = false;
                call.request(1);
            }
        }
    }

    void resize(io.carafe.proto.carafe.v1.TerminalSize message) {
        size.set(new TerminalSize(message.getWidth(), message.getHeight()));
    }

    @Override
    public void onResize(Consumer<TerminalSize> listener) {
        size.listen(listener);
        tellAttached();
    }

    /** The registration of a listener is how whoever serves this says that the streams are joined. */
    private void tellAttached() {
        if (!owesAttached) {
            return;
        }
        owesAttached = false;
        try {
            answer.send(ProcessOutput.newBuilder()
                    .setAttached(Attached.getDefaultInstance())
                    .build());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the client has left: whoever serves this will notice
        }
    }

    @Override
    public InputStream stdin() {
        return stdin;
    }

    @Override
    public OutputStream stdout() {
        return stdout;
    }

    @Override
    public OutputStream stderr() {
        return terminal ? null : stderr;
    }

    @Override
    public boolean terminal() {
        return terminal;
    }

    private OutputStream output(Function<ByteString, ProcessOutput.Builder> message) {
        return new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                write(new byte[] {(byte) b}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                for (int done = 0; done < length; done += CHUNK_BYTES) {
                    var chunk = ByteString.copyFrom(bytes, offset + done, Math.min(CHUNK_BYTES, length - done));
                    try {
                        answer.send(message.apply(chunk).build());
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                        throw new InterruptedIOException("the client has left");
                    }
                }
            }
        };
    }
}
