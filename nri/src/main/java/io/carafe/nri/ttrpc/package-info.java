/**
 * ttRPC (github.com/containerd/ttrpc, PROTOCOL.md) in both directions over one Unix socket, as NRI has it
 * (github.com/containerd/nri, pkg/net/multiplex).
 *
 * <pre>
 *   frame of the socket      4 bytes  connection: 1 is served by the plugin, 2 by the runtime
 *                            4 bytes  length of what follows, at most 4 MiB + 10
 *   message of a connection  4 bytes  length of the data, at most 4 MiB
 *                            4 bytes  stream: odd, of the caller's choosing, never used twice
 *                            1 byte   type: 1 request, 2 response
 *                            1 byte   flags: 0, since NRI streams nothing
 *                            data     a {@code ttrpc.Request} or {@code ttrpc.Response}
 * </pre>
 *
 * All numbers are big-endian. A message may be spread over frames, but not a frame over messages: see
 * {@link io.carafe.nri.ttrpc.FrameWriter}.
 */
package io.carafe.nri.ttrpc;
