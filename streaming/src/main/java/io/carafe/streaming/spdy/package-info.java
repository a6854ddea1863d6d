/**
 * The part of SPDY/3.1 that Kubernetes clients speak: streams of raw bytes with a few headers, no HTTP inside, no flow
 * control.
 *
 * <p>Netty has a SPDY codec. It was tried, and does not fit this profile:
 *
 * <ul>
 *   <li>it inflates header blocks without a limit (one 16 MiB frame makes an event loop inflate 16 GiB),
 *   <li>it writes an empty header block as no bytes at all, where Go's spdystream wants a compressed count of zero and
 *       otherwise drops the connection,
 *   <li>its session handler keeps windows that these clients never open.
 * </ul>
 *
 * <p>It serves the tests as an independent implementation to talk to.
 */
package io.carafe.streaming.spdy;
