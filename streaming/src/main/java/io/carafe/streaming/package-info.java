/**
 * The HTTP server behind exec, attach and port-forward: SPDY/3.1 and WebSocket on one side, small callback interfaces on
 * the other. Knows neither the CRI nor the engine.
 *
 * <p>The way of a session: somebody registers what is to happen ({@link io.carafe.streaming.StreamingServer#exec} and its
 * sisters) and gets a URL with a one-shot token. A client opens the URL, {@code UpgradeHandler} consumes the token and
 * agrees on a transport and a protocol version, the transport collects the client's streams, and a virtual thread runs the
 * handler on them. Event loops never block: bytes from the client wait in a {@link io.carafe.streaming.BytePipe} that stops
 * the reading of its connection when it is full, and writers wait until the connection takes more.
 */
package io.carafe.streaming;
