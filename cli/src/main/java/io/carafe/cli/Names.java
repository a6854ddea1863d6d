package io.carafe.cli;

import java.security.SecureRandom;

/** Made-up names for containers that were given none. */
final class Names {

    private static final String[] HOW = {
        "bold", "brisk", "calm", "clear", "crisp", "deep", "fair", "fine", "fresh", "full", "keen", "kind", "late",
        "light", "mild", "neat", "plain", "quick", "quiet", "rich", "round", "slow", "smooth", "soft", "steady",
                "strong",
        "sunny", "sweet", "swift", "tall", "warm", "wide"
    };
    private static final String[] WHAT = {
        "arabica",
        "beaker",
        "bean",
        "brew",
        "cortado",
        "crema",
        "cup",
        "decanter",
        "espresso",
        "filter",
        "flask",
        "fount",
        "grinder",
        "kettle",
        "latte",
        "lungo",
        "macchiato",
        "mocha",
        "moka",
        "mug",
        "pitcher",
        "press",
        "ristretto",
        "roast",
        "robusta",
        "saucer",
        "siphon",
        "spoon",
        "steam",
        "teapot",
        "tumbler",
        "urn"
    };

    private Names() {}

    /** Such as {@code swift-kettle-3f9}; about four million of them. */
    static String random() {
        var random = new SecureRandom();
        return HOW[random.nextInt(HOW.length)] + "-" + WHAT[random.nextInt(WHAT.length)] + "-"
                + Integer.toHexString(0x1000 | random.nextInt(0x1000)).substring(1);
    }
}
