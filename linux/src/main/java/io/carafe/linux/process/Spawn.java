package io.carafe.linux.process;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.carafe.base.Deadline;
import io.carafe.linux.CFunction;
import io.carafe.linux.Errno;
import io.carafe.linux.Fd;
import io.carafe.linux.Native;
import io.carafe.linux.SyscallException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A program to be started, by {@code posix_spawn(3)}, wherever {@link ProcessBuilder} is not enough: descriptors above 2,
 * a process group or session of its own, a pidfd.
 *
 * <p>The child has exactly the descriptors named here, all signals at their defaults and none blocked (the JVM blocks
 * some in its threads), and of the environment only what is given.
 *
 * @param argv the program as an absolute path, then its arguments
 * @param environment all of it
 * @param directory where it starts, or null for the JVM's
 * @param descriptors what it has open, by its own numbers; 0, 1 and 2 are {@code /dev/null} where they are not named
 * @param group in which process group and session it is
 */
public record Spawn(
        List<String> argv, Map<String, String> environment, Path directory, Map<Integer, Fd> descriptors, Group group) {

    /** Where the child belongs for signals from terminals and {@code kill(-pgid)}. */
    public enum Group {
        INHERITED,
        OWN_GROUP,
        OWN_SESSION
    }

    private static final int STRUCT_SIZE = 512; // glibc: 80 for the actions, 336 for the attributes
    private static final int SIGSET_SIZE = 128;
    private static final short SETPGROUP = 0x02;
    private static final short SETSIGDEF = 0x04;
    private static final short SETSIGMASK = 0x08;
    private static final short SETSID = 0x80;
    private static final int O_RDWR = 2;

    private static final CFunction SPAWN = CFunction.returningInt("posix_spawn");
    private static final CFunction ACTIONS_INIT = action("init");
    private static final CFunction ACTIONS_DESTROY = action("destroy");
    private static final CFunction ADD_DUP2 = action("adddup2");
    private static final CFunction ADD_CLOSE = action("addclose");
    private static final CFunction ADD_CLOSE_FROM = action("addclosefrom_np");
    private static final CFunction ADD_OPEN = action("addopen");
    private static final CFunction ADD_CHDIR = action("addchdir_np");
    private static final CFunction ATTR_INIT = attribute("init");
    private static final CFunction ATTR_DESTROY = attribute("destroy");
    private static final CFunction SET_FLAGS = attribute("setflags");
    private static final CFunction SET_DEFAULTS = attribute("setsigdefault");
    private static final CFunction SET_MASK = attribute("setsigmask");

    public Spawn {
        argv = List.copyOf(argv);
        environment = Map.copyOf(environment);
        descriptors = Map.copyOf(descriptors);
        if (argv.isEmpty() || !argv.getFirst().startsWith("/")) {
            throw new IllegalArgumentException("the program must be an absolute path: " + argv);
        }
    }

    /** A program with nothing but its arguments. */
    public static Spawn of(List<String> argv) {
        return new Spawn(argv, Map.of(), null, Map.of(), Group.INHERITED);
    }

    public static Spawn of(String... argv) {
        return of(List.of(argv));
    }

    public Spawn withEnvironment(Map<String, String> all) {
        return new Spawn(argv, all, directory, descriptors, group);
    }

    public Spawn withDirectory(Path path) {
        return new Spawn(argv, environment, path, descriptors, group);
    }

    /** Gives the child {@code fd} under the number {@code number}; the caller still owns and closes its own. */
    public Spawn withDescriptor(int number, Fd fd) {
        var all = new TreeMap<>(descriptors);
        all.put(number, fd);
        return new Spawn(argv, environment, directory, all, group);
    }

    public Spawn withGroup(Group chosen) {
        return new Spawn(argv, environment, directory, descriptors, chosen);
    }

    /**
     * Starts it.
     *
     * @throws SyscallException if it can't be started; ENOENT and EACCES speak of the program or the directory
     */
    public Child start() throws SyscallException {
        var borrowed = new ArrayList<Fd>();
        try (var arena = Arena.ofConfined()) {
            var errno = Native.errnoIn(arena);
            long actions = arena.allocate(STRUCT_SIZE, 16).address();
            long attributes = arena.allocate(STRUCT_SIZE, 16).address();
            check("actions_init", ACTIONS_INIT.call(errno, actions));
            check("attr_init", ATTR_INIT.call(errno, attributes));
            try {
                setAttributes(arena, errno, attributes);
                addActions(arena, errno, actions, borrowed);
                var pid = arena.allocate(JAVA_INT);
                check(
                        "posix_spawn",
                        SPAWN.call(
                                errno,
                                pid.address(),
                                Native.string(arena, argv.getFirst()),
                                actions,
                                attributes,
                                strings(arena, argv),
                                strings(arena, environmentLines())));
                return Child.of(pid.get(JAVA_INT, 0), group);
            } finally {
                ACTIONS_DESTROY.call(errno, actions);
                ATTR_DESTROY.call(errno, attributes);
            }
        } finally {
            borrowed.forEach(Fd::close);
        }
    }

    /**
     * Runs it to its end with bytes on its standard input, in a process group that is killed if the deadline passes.
     *
     * @param outputLimit bytes kept of each of its two outputs; what is beyond is read and thrown away
     * @throws io.carafe.base.CarafeException.DeadlineExceeded naming the command, after it was killed
     * @throws io.carafe.base.CarafeException.Cancelled likewise, if the thread is interrupted
     */
    public Output run(byte[] input, int outputLimit, Deadline deadline) throws IOException {
        return run(input, outputLimit, pid -> {}, deadline);
    }

    /**
     * As {@link #run(byte[], int, Deadline)}; a program that reads its input first does nothing before {@code started} has
     * returned.
     *
     * @param started is told the program's pid before it gets any input
     */
    public Output run(byte[] input, int outputLimit, Started started, Deadline deadline) throws IOException {
        return Capture.run(this, input, outputLimit, started, deadline);
    }

    /** Somebody who has something to do with a process before that goes on. */
    @FunctionalInterface
    public interface Started {
        void as(int pid) throws IOException;
    }

    /** What a program left behind, its outputs read as UTF-8. */
    public record Output(ExitStatus status, String stdout, String stderr) {}

    private void setAttributes(Arena arena, MemorySegment errno, long attributes) throws SyscallException {
        int inGroup = switch (group) {
            case INHERITED -> 0;
            case OWN_GROUP -> SETPGROUP; // its default, group 0, means a new one
            case OWN_SESSION -> SETSID;
        };
        short flags = (short) (SETSIGDEF | SETSIGMASK | inGroup);
        check("setflags", SET_FLAGS.call(errno, attributes, flags));
        var all = arena.allocate(SIGSET_SIZE, 8).fill((byte) 0xFF);
        var none = arena.allocate(SIGSET_SIZE, 8);
        check("setsigdefault", SET_DEFAULTS.call(errno, attributes, all.address()));
        check("setsigmask", SET_MASK.call(errno, attributes, none.address()));
    }

    private void addActions(Arena arena, MemorySegment errno, long actions, List<Fd> borrowed) throws SyscallException {
        int last =
                Math.max(2, descriptors.keySet().stream().mapToInt(n -> n).max().orElse(2));
        long devNull = Native.string(arena, "/dev/null");
        if (directory != null) {
            check("addchdir", ADD_CHDIR.call(errno, actions, Native.string(arena, directory.toString())));
        }
        for (int number = 0; number <= last; number++) {
            var fd = descriptors.get(number);
            if (fd != null) {
                // out of the way first: its number may be one that the child wants for another
                var source = fd.duplicate(last + 1);
                borrowed.add(source);
                check("adddup2", ADD_DUP2.call(errno, actions, source.number(), number));
            } else if (number <= 2) {
                check("addopen", ADD_OPEN.call(errno, actions, number, devNull, O_RDWR, 0));
            } else {
                check("addclose", ADD_CLOSE.call(errno, actions, number));
            }
        }
        check("addclosefrom", ADD_CLOSE_FROM.call(errno, actions, last + 1));
    }

    private List<String> environmentLines() {
        return environment.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .toList();
    }

    private static long strings(Arena arena, List<String> values) {
        var array = arena.allocate(JAVA_LONG, values.size() + 1L);
        for (int i = 0; i < values.size(); i++) {
            array.setAtIndex(JAVA_LONG, i, Native.string(arena, values.get(i)));
        }
        return array.address();
    }

    private void check(String call, long error) throws SyscallException {
        if (error != 0) {
            boolean directoryMissing = error == Errno.ENOENT && directory != null && Files.notExists(directory);
            throw new SyscallException(call, directoryMissing ? directory.toString() : argv.getFirst(), (int) error);
        }
    }

    private static CFunction action(String name) {
        return CFunction.returningInt("posix_spawn_file_actions_" + name);
    }

    private static CFunction attribute(String name) {
        return CFunction.returningInt("posix_spawnattr_" + name);
    }
}
