package io.carafe.streaming;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;

/**
 * How the streaming server listens and what it puts up with.
 *
 * @param bind address and port; port 0 takes a free one
 * @param advertisedHost what URLs name, null for the bind address, which must then not be a wildcard
 * @param tls null for plain HTTP
 * @param tokenLife how long an URL may wait for its client
 * @param maxTokens URLs that may wait at a time
 * @param maxConnections clients that may be connected at a time
 * @param idle after which a connection without any traffic is closed
 * @param creation in which a client must have sent its request, and then opened all streams it asked for
 */
public record StreamingOptions(
        InetSocketAddress bind,
        String advertisedHost,
        Tls tls,
        Duration tokenLife,
        int maxTokens,
        int maxConnections,
        Duration idle,
        Duration creation) {

    /** PEM files: a certificate chain and its PKCS#8 key. */
    public record Tls(Path certificate, Path key) {}

    /** The limits that kubelets expect: 60 s, 1000, 4 h, 30 s; and 10,000 connections. */
    public static StreamingOptions on(InetSocketAddress bind) {
        return new StreamingOptions(
                bind, null, null, Duration.ofSeconds(60), 1000, 10_000, Duration.ofHours(4), Duration.ofSeconds(30));
    }

    public StreamingOptions withTls(Tls chosen) {
        return new StreamingOptions(bind, advertisedHost, chosen, tokenLife, maxTokens, maxConnections, idle, creation);
    }

    public StreamingOptions withAdvertisedHost(String host) {
        return new StreamingOptions(bind, host, tls, tokenLife, maxTokens, maxConnections, idle, creation);
    }

    public StreamingOptions withLimits(Duration newIdle, Duration newCreation) {
        return new StreamingOptions(
                bind, advertisedHost, tls, tokenLife, maxTokens, maxConnections, newIdle, newCreation);
    }

    public StreamingOptions withMaxConnections(int most) {
        return new StreamingOptions(bind, advertisedHost, tls, tokenLife, maxTokens, most, idle, creation);
    }
}
