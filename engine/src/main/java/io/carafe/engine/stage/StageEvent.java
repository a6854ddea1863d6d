package io.carafe.engine.stage;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A stage in a flight recording: {@code jcmd PID JFR.start}, then look for {@code io.carafe.Stage}. */
@Name("io.carafe.Stage")
@Label("Stage")
@Category("Carafe")
@StackTrace(false)
final class StageEvent extends Event {

    @Label("Operation")
    String operation;

    @Label("Object")
    String object;

    @Label("Stage")
    String stage;

    @Label("Undone")
    boolean undone;
}
