package io.carafe.daemon.e2e;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** What somebody who hears the answers of pulls and removals may rely on: whether an image is there. */
final class StoreClaims {

    private enum There {
        YES,
        NO,
        /** It was on its way in or out. */
        EITHER
    }

    private final Map<String, There> claims = new ConcurrentHashMap<>();

    /** An image that is there stays there while it is pulled again. */
    void pulling(String name) {
        claims.compute(name, (_, before) -> before == There.YES ? There.YES : There.EITHER);
    }

    void pulled(String name) {
        claims.put(name, There.YES);
    }

    void removing(String name) {
        claims.compute(name, (_, before) -> before == There.NO || before == null ? There.NO : There.EITHER);
    }

    void removed(String name) {
        claims.put(name, There.NO);
    }

    /** Compares with what is there, which holds from now on. */
    void assertHold(Set<String> there, String when) {
        claims.forEach((name, claim) -> {
            switch (claim) {
                case YES -> assertTrue(there.contains(name), when + ": " + name + " was pulled and is not there");
                case NO -> assertFalse(there.contains(name), when + ": " + name + " was removed and is there");
                case EITHER -> {}
            }
        });
        claims.replaceAll((name, _) -> there.contains(name) ? There.YES : There.NO);
    }
}
