package io.carafe.cli;

import io.carafe.linux.process.Signals;
import io.carafe.proto.carafe.v1.CopyImageRequest;
import io.carafe.proto.carafe.v1.Credentials;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A copy that is watched. Progress goes to standard error, so that standard output is what a script wants. */
final class Copy {

    private Copy() {}

    /**
     * Copies an image.
     *
     * @param digestFile where to write the digest; empty for nowhere
     * @return the digest of the manifest at the destination
     */
    static String run(Connection daemon, CopyImageRequest request, boolean quiet, String digestFile) {
        // an interrupt cancels the call, and so the daemon's work for it
        var main = Thread.currentThread();
        Signals.ENDING.forEach(name -> Signals.on(name, main::interrupt));
        var digest = "";
        var progress = quiet ? Progress.none() : Progress.on(System.err, Terminal.is(2));
        var events = daemon.carafe().copyImage(request);
        while (events.hasNext()) {
            var event = events.next();
            switch (event.getEventCase()) {
                case LAYER -> progress.layer(event.getLayer());
                case NOTE -> progress.note(event.getNote());
                case DIGEST -> digest = event.getDigest();
                case EVENT_NOT_SET -> {}
            }
        }
        if (!digestFile.isEmpty()) {
            write(digestFile, digest);
        }
        return digest;
    }

    private static void write(String file, String digest) {
        try {
            Files.writeString(Path.of(file), digest);
        } catch (IOException e) {
            throw new Failure("the image is copied, but " + file + " could not be written: " + e.getMessage());
        }
    }

    /**
     * Credentials as they are typed.
     *
     * @param text {@code USER:PASSWORD}, or empty for none
     */
    static Credentials credentials(String text) {
        if (text.isEmpty()) {
            return Credentials.getDefaultInstance();
        }
        int colon = text.indexOf(':');
        if (colon < 1) {
            throw new Failure("credentials: expected USER:PASSWORD");
        }
        return Credentials.newBuilder()
                .setUsername(text.substring(0, colon))
                .setPassword(text.substring(colon + 1))
                .build();
    }

    /** With a path from the root: the daemon's working directory is another. */
    static String location(String text) {
        for (var transport : new String[] {"oci:", "oci-archive:", "docker-archive:", "dir:"}) {
            if (text.startsWith(transport)) {
                var path = text.substring(transport.length());
                return path.startsWith("/") || path.isEmpty()
                        ? text
                        : transport + Path.of("").toAbsolutePath() + "/" + path;
            }
        }
        return text;
    }
}
