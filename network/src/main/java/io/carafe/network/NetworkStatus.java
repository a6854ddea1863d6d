package io.carafe.network;

/**
 * Whether a pod could be attached now; the CRI's {@code NetworkReady}.
 *
 * @param reason why not; for a ready network empty, or what is wrong with a newer configuration that is not used
 */
public record NetworkStatus(boolean ready, String reason) {}
