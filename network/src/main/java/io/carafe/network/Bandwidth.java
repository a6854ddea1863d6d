package io.carafe.network;

import io.carafe.base.CarafeException.InvalidArgument;

/** Limits of traffic into (ingress) and out of (egress) a pod: rates in bits per second, bursts in bits, 0 for none. */
public record Bandwidth(long ingressRate, long ingressBurst, long egressRate, long egressBurst) {

    /** The burst that the kubelet's annotation leaves to the runtime; the largest the plugin takes. */
    private static final long DEFAULT_BURST = Integer.MAX_VALUE;

    public Bandwidth {
        if (ingressRate < 0 || ingressBurst < 0 || egressRate < 0 || egressBurst < 0) {
            throw new InvalidArgument("bandwidth: rates and bursts must not be negative");
        }
    }

    /** Rates with the largest burst, as {@code kubernetes.io/ingress-bandwidth} and its twin mean them. */
    public static Bandwidth ofRates(long ingressRate, long egressRate) {
        return new Bandwidth(
                ingressRate, ingressRate == 0 ? 0 : DEFAULT_BURST, egressRate, egressRate == 0 ? 0 : DEFAULT_BURST);
    }
}
