package io.carafe.image.registry;

import java.time.Duration;

/**
 * How long the client puts up with a registry. There is no limit on the whole: a download may take as long as bytes keep
 * coming, and the caller's deadline is apart from this.
 *
 * @param connect for TCP
 * @param probe for the answer over TLS of a registry that may speak plain HTTP only: some such leave a handshake hanging
 * @param stall the longest silence: until the headers of an answer are there, and between two pieces of a body
 * @param attempts how often a request is made in all, as long as none brings progress
 * @param firstDelay before the second attempt; doubled for each further one, and spread at random by half
 * @param longestDelay what the doubling ends at
 * @param longestRetryAfter the longest wait that a registry may ask for; if it asks for more, the request fails
 */
public record Patience(
        Duration connect,
        Duration probe,
        Duration stall,
        int attempts,
        Duration firstDelay,
        Duration longestDelay,
        Duration longestRetryAfter) {

    public static final Patience DEFAULT = new Patience(
            Duration.ofSeconds(15),
            Duration.ofSeconds(3),
            Duration.ofSeconds(60),
            5,
            Duration.ofMillis(250),
            Duration.ofSeconds(10),
            Duration.ofSeconds(120));

    public Patience withStall(Duration value) {
        return new Patience(connect, probe, value, attempts, firstDelay, longestDelay, longestRetryAfter);
    }
}
