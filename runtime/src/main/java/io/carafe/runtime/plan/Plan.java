package io.carafe.runtime.plan;

import java.util.List;

/**
 * How one container is made: everything that the launcher does for it, in order. It is compiled from {@code config.json}
 * and the facts of a host ({@code PlanCompiler}), and lies beside it in the bundle as the file {@link #FILE}.
 *
 * <p>The words used here:
 *
 * <ul>
 *   <li>A <em>step</em> ({@link Step}) is one action of the kernel; an <em>op</em> ({@link Op}) is its kind, with a number and a
 *       signature on which compiler and launcher agree.
 *   <li>A <em>phase</em> ({@link Phase}) is where and when a step runs: in the launcher on the host, or in the child, before the
 *       gate or behind it.
 *   <li>An <em>origin</em> is the property that a step was made of, such as {@code mounts[3]}; empty for what the runtime
 *       itself needs. Errors name it, so that they speak of what the user wrote.
 * </ul>
 *
 * <p>Steps of one phase run in the order of the plan. A plan is for one config.json: {@link Source} names it, and the
 * launcher refuses a plan whose source is another.
 *
 * @param source what it was compiled from
 * @param id of the container that it was compiled for; empty for any
 * @param bundle absolute path of the bundle
 */
public record Plan(Source source, String id, String bundle, List<Entry> entries) {

    /** Its name in a bundle. */
    public static final String FILE = "plan";

    public Plan {
        entries = List.copyOf(entries);
    }

    /**
     * The file that a plan was compiled from.
     *
     * @param size bytes
     * @param seconds time of its last change, as {@code nanoseconds}
     * @param sha256 of its content, 32 bytes
     */
    public record Source(long size, long seconds, long nanoseconds, long inode, Bytes sha256) {}

    /** A step and where it stands. */
    public record Entry(Phase phase, String origin, Step step) {
        public Entry {
            if (!step.op().runsIn(phase)) {
                throw new IllegalArgumentException(step.op().word() + " has no place in phase " + phase.word());
            }
        }
    }

    /** The steps of a phase. */
    public List<Entry> of(Phase phase) {
        return entries.stream().filter(entry -> entry.phase() == phase).toList();
    }
}
