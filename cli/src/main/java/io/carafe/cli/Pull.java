package io.carafe.cli;

import io.carafe.linux.process.Signals;
import io.carafe.proto.carafe.v1.PullRequest;

/** A pull that is watched. Progress goes to standard error, so that standard output is what a script wants. */
final class Pull {

    private Pull() {}

    /** @return the image's id */
    static String run(Connection daemon, String reference, boolean quiet) {
        // an interrupt cancels the call, and so the daemon's work for it
        var main = Thread.currentThread();
        Signals.ENDING.forEach(name -> Signals.on(name, main::interrupt));
        var id = "";
        var progress = quiet ? Progress.none() : Progress.on(System.err, Terminal.is(2));
        var events = daemon.carafe()
                .pull(PullRequest.newBuilder().setReference(reference).build());
        while (events.hasNext()) {
            var event = events.next();
            switch (event.getEventCase()) {
                case LAYER -> progress.layer(event.getLayer());
                case NOTE -> progress.note(event.getNote());
                case IMAGE_ID -> id = event.getImageId();
                case EVENT_NOT_SET -> {}
            }
        }
        return id;
    }
}
