/**
 * The client side of gRPC over one Unix socket, as far as this command needs it: HTTP/2 (RFC 9113) without TLS, priorities
 * and push, and gRPC messages without compression. The generated stubs run on it unchanged.
 *
 * <p>It exists for the time that a command takes to start: grpc-netty alone costs more than everything else a command
 * does ({@code docs/jvm.md} has the numbers). What the daemon and everybody else speak is grpc-java itself.
 */
package io.carafe.cli.grpc;
