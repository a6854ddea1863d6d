package io.carafe.streaming;

import io.netty.channel.Channel;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;
import java.util.concurrent.TimeUnit;

/** How a connection ends so that the client gets the last bytes. */
@SuppressWarnings("FutureReturnValueIgnored") // a failed write closes the channel, and that is heard of
final class Farewell {

    private static final long LINGER_SECONDS = 10;

    private Farewell() {}

    /**
     * Writes {@code last}, then closes our half and leaves the client some time to close its own. Closing at once would,
     * with input still unread, make the kernel reset the connection and take back what the client has not read yet.
     */
    static void say(Channel channel, Object last) {
        channel.writeAndFlush(last).addListener(written -> {
            if (!written.isSuccess()) {
                channel.close();
                return;
            }
            // Under TLS there is no half-close; there the client goes first or the time runs out.
            if (channel instanceof DuplexChannel duplex && channel.pipeline().get(SslHandler.class) == null) {
                duplex.shutdownOutput();
            }
            var timer = channel.eventLoop().schedule(() -> channel.close(), LINGER_SECONDS, TimeUnit.SECONDS);
            channel.closeFuture().addListener(_ -> timer.cancel(false));
        });
    }
}
