/**
 * The CNI client: attaches a pod's network namespace to the node's network by running the plugins that the node's
 * administrator configured (CNI specification 1.1.0, with the libcni conventions that plugins and tools rely on).
 *
 * <p>{@link io.carafe.network.Cni} is the way in.
 */
package io.carafe.network;
