package io.carafe.daemon;

import io.carafe.base.CarafeException.FailedPrecondition;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Where the files beside the jars are. */
final class Installation {

    private static final String PROPERTY = "carafe.launcher";
    private static final String CACHE_PROPERTY = "carafe.aot-cache";

    private Installation() {}

    /** The launcher, as the start script names it. */
    static Path launcher() {
        var named = System.getProperty(PROPERTY);
        if (named == null || !Files.isExecutable(Path.of(named))) {
            throw new FailedPrecondition("the program carafe-launcher is missing (" + PROPERTY + " is " + named
                    + "); start carafed by the script that `make install` puts into bin");
        }
        return Path.of(named).toAbsolutePath();
    }

    /** The AOT cache that the start script gave to the JVM; nothing if there was none. */
    static Optional<Path> aotCache() {
        return Optional.of(System.getProperty(CACHE_PROPERTY, ""))
                .filter(name -> !name.isEmpty())
                .map(Path::of);
    }
}
