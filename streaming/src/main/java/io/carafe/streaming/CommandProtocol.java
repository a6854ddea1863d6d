package io.carafe.streaming;

import java.util.List;

/**
 * The versions of Kubernetes' remotecommand protocol, as clients name them.
 *
 * <p>v1 is the first; v2 mended the end of stdin; v3 added terminal sizes; v4 a JSON status with the exit code; v5 the
 * half-close of a WebSocket channel.
 */
enum CommandProtocol {
    V1("channel.k8s.io"),
    V2("v2.channel.k8s.io"),
    V3("v3.channel.k8s.io"),
    V4("v4.channel.k8s.io"),
    V5("v5.channel.k8s.io");

    /** What SPDY clients may choose from; SPDY can half-close without v5. */
    static final List<CommandProtocol> SPDY = List.of(V4, V3, V2, V1);

    private final String wireName;

    CommandProtocol(String wireName) {
        this.wireName = wireName;
    }

    String wireName() {
        return wireName;
    }

    boolean resizes() {
        return compareTo(V3) >= 0;
    }

    boolean jsonStatus() {
        return compareTo(V4) >= 0;
    }
}
