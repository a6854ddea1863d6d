package io.carafe.streaming;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.timeout.IdleStateEvent;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Keeps the buffers of one connection small: stops reading while its pipes hold too much, and makes writers wait
 * while the socket takes no more.
 *
 * <p>SPDY as spoken here and WebSocket have no window for a stream, so a reader that does not read holds up the other
 * streams of its connection too; that is the price of a bound.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a failed write closes the channel, and that is heard of
public final class Flow extends ChannelInboundHandlerAdapter implements BytePipe.Pressure {

    /** Reading stops when the pipes of the connection hold more than this, and goes on under {@link #LOW_BYTES}. */
    static final int HIGH_BYTES = 1024 * 1024;

    static final int LOW_BYTES = 256 * 1024;

    private static final System.Logger LOG = System.getLogger("io.carafe.streaming");

    private final Channel channel;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private long waitingBytes;
    private boolean paused;

    public Flow(Channel channel) {
        this.channel = channel;
    }

    @Override
    public void arrived(int bytes) {
        account(bytes);
    }

    @Override
    public void taken(int bytes) {
        account(-bytes);
    }

    private void account(int bytes) {
        lock.lock();
        try {
            waitingBytes += bytes;
            if (paused ? waitingBytes < LOW_BYTES : waitingBytes > HIGH_BYTES) {
                paused = !paused;
                channel.config().setAutoRead(!paused);
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until there is room for more.
     *
     * @throws IOException if the client has gone
     */
    public void awaitWritable() throws IOException {
        if (channel.isWritable()) {
            return;
        }
        lock.lock();
        try {
            while (channel.isActive() && !channel.isWritable()) {
                changed.await();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while the client took no more output");
        } finally {
            lock.unlock();
        }
        if (!channel.isActive()) {
            throw new IOException("the client has closed the connection");
        }
    }

    /**
     * Runs {@code action} on the event loop, after what other threads have written before; always as a task, even from
     * the loop itself, to keep that order. Dropped if the server has stopped, and all connections with it.
     */
    public void execute(Runnable action) {
        try {
            channel.eventLoop().execute(action);
        } catch (RejectedExecutionException stopped) {
            LOG.log(System.Logger.Level.TRACE, "the server has stopped", stopped);
        }
    }

    private void signal() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        signal();
        ctx.fireChannelWritabilityChanged();
    }

    /** Nothing has come or gone for too long. */
    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof IdleStateEvent) {
            ctx.close();
        } else {
            ctx.fireUserEventTriggered(event);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        signal();
        ctx.fireChannelInactive();
    }
}
