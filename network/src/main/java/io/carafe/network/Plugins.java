package io.carafe.network;

import io.carafe.base.CarafeException;
import io.carafe.base.CarafeException.Cancelled;
import io.carafe.base.CarafeException.DeadlineExceeded;
import io.carafe.base.CarafeException.FailedPrecondition;
import io.carafe.base.CarafeException.Internal;
import io.carafe.base.CarafeException.InvalidArgument;
import io.carafe.base.CarafeException.Unavailable;
import io.carafe.base.Deadline;
import io.carafe.linux.Errno;
import io.carafe.linux.SyscallException;
import io.carafe.linux.process.Spawn;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/** The plugin programs of this node: finds them, runs them, understands their answers (CNI specification, section 2). */
final class Plugins {

    /** What a network operation is given in the environment. */
    record Call(String command, String containerId, String netns, String ifName, String args) {
        /** An operation on a network or a plugin instead of an attachment. */
        static Call of(String command) {
            return new Call(command, "", "", "", "");
        }
    }

    private static final int LARGEST_OUTPUT = 1 << 20;
    /** No plugin is waited for longer, however patient the caller is. */
    private static final Duration LONGEST_RUN = Duration.ofMinutes(4);

    /** A plugin that is being installed right now can't be executed (ETXTBSY). */
    private static final int BUSY_RETRIES = 8;

    private static final Duration FIRST_BUSY_WAIT = Duration.ofMillis(25);

    /** Enough for plugins to find iptables and their own files; no other variable of the daemon is their business. */
    private static final List<String> PASSED_ON = List.of("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR");

    private static final String USUAL_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private final List<Path> directories;
    private final String cniPath;
    private final Map<String, KnownVersions> versions = new ConcurrentHashMap<>();

    private record KnownVersions(Path program, FileTime modified, List<SpecVersion> supported) {}

    Plugins(List<Path> directories) {
        this.directories = directories;
        this.cniPath = directories.stream().map(Path::toString).collect(Collectors.joining(":"));
    }

    /**
     * The program of a plugin type.
     *
     * @throws FailedPrecondition if there is none
     */
    Path find(String network, String type) {
        return look(type)
                .orElseThrow(() -> new FailedPrecondition("network " + network + ": plugin " + type
                        + " is not in " + cniPath.replace(":", ", ")
                        + ": install it there (package containernetworking-plugins has the common ones)"));
    }

    boolean has(String type) {
        return look(type).isPresent();
    }

    private Optional<Path> look(String type) {
        return directories.stream()
                .map(directory -> directory.resolve(type))
                .filter(program -> Files.isRegularFile(program) && Files.isExecutable(program))
                .findFirst();
    }

    /**
     * Runs one operation of one plugin.
     *
     * @return what it printed
     * @throws CarafeException naming network, plugin, operation and what the plugin said
     */
    String run(String network, String type, Call call, byte[] configuration, Deadline deadline) {
        var program = find(network, type);
        var where = "network " + network + ": plugin " + type + " " + call.command();
        var limit = deadline.earlierOf(Deadline.after(LONGEST_RUN));
        var start = System.nanoTime();
        try {
            var output = runWhenReady(spawn(program, call), configuration, limit);
            if (!output.status().success()) {
                throw failure(where, output);
            }
            if (output.stdout().length() > LARGEST_OUTPUT) {
                throw new Internal(where + ": printed more than " + LARGEST_OUTPUT + " characters");
            }
            return output.stdout();
        } catch (DeadlineExceeded e) {
            throw new DeadlineExceeded(where + ": no answer after " + elapsed(start) + ", the plugin was killed");
        } catch (Cancelled e) {
            throw new Cancelled(where + ": the caller cancelled it after " + elapsed(start));
        } catch (IOException e) {
            throw new Internal(where + ": " + program + ": " + e.getMessage(), e);
        }
    }

    /** The specification's versions that a plugin speaks; asked once per program file. */
    List<SpecVersion> versions(String network, String type, Deadline deadline) {
        var program = find(network, type);
        var modified = modified(program);
        var known = versions.get(type);
        if (known != null && known.program().equals(program) && known.modified().equals(modified)) {
            return known.supported();
        }
        var question = "{\"cniVersion\":\"" + SpecVersion.NEWEST + "\"}";
        var answer = CniJson.object(
                run(network, type, Call.of("VERSION"), question.getBytes(StandardCharsets.UTF_8), deadline));
        var supported = answer.path("supportedVersions")
                .valueStream()
                .map(node -> SpecVersion.parse(node.stringValue("")))
                .toList();
        versions.put(type, new KnownVersions(program, modified, supported));
        return supported;
    }

    private Spawn spawn(Path program, Call call) {
        var environment = new HashMap<String, String>();
        PASSED_ON.forEach(
                name -> Optional.ofNullable(System.getenv(name)).ifPresent(value -> environment.put(name, value)));
        environment.putIfAbsent("PATH", USUAL_PATH);
        environment.put("CNI_COMMAND", call.command());
        environment.put("CNI_CONTAINERID", call.containerId());
        environment.put("CNI_NETNS", call.netns());
        environment.put("CNI_IFNAME", call.ifName());
        environment.put("CNI_ARGS", call.args());
        environment.put("CNI_PATH", cniPath);
        return Spawn.of(program.toAbsolutePath().toString())
                .withEnvironment(environment)
                .withDirectory(Path.of("/"))
                .withGroup(Spawn.Group.OWN_GROUP);
    }

    private static Spawn.Output runWhenReady(Spawn spawn, byte[] input, Deadline deadline) throws IOException {
        var wait = FIRST_BUSY_WAIT;
        for (var attempt = 0; ; attempt++) {
            try {
                return spawn.run(input, LARGEST_OUTPUT + 1, deadline);
            } catch (SyscallException e) {
                if (e.errno() != Errno.ETXTBSY || attempt == BUSY_RETRIES) {
                    throw e;
                }
            }
            sleep(wait, deadline);
            wait = wait.multipliedBy(2);
        }
    }

    private static void sleep(Duration wait, Deadline deadline) {
        deadline.check("wait for a busy plugin");
        try {
            Thread.sleep(wait.compareTo(deadline.remaining()) < 0 ? wait : deadline.remaining());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Cancelled("wait for a busy plugin");
        }
    }

    /** Turns the error object that a failing plugin prints into an exception; they do not all print one. */
    private static CarafeException failure(String where, Spawn.Output output) {
        try {
            var error = CniJson.object(output.stdout());
            var code = error.path("code").intValue(0);
            var message = CniJson.string(error, "msg");
            var details = CniJson.string(error, "details");
            if (code != 0 || !message.isEmpty()) {
                return ofCode(
                        code,
                        where + ": " + Text.shorten(message) + (details.isEmpty() ? "" : ": " + Text.shorten(details))
                                + " (code " + code + ")");
            }
        } catch (InvalidArgument e) {
            // it printed something else: show that
        }
        var printed = output.stderr().isBlank() ? output.stdout() : output.stderr();
        return new Internal(where + ": " + output.status() + " without an error message"
                + (printed.isBlank() ? "" : ", but it printed: " + Text.shorten(printed)));
    }

    /** The reserved codes of the specification; those from 100 up are the plugin's own. */
    private static CarafeException ofCode(int code, String message) {
        return switch (code) {
            case 1, 2, 4, 6, 7 -> new FailedPrecondition(message); // the configuration does not suit the plugin
            case 11, 50, 51 -> new Unavailable(message); // try again later, no or little connectivity now
            default -> new Internal(message);
        };
    }

    private static FileTime modified(Path program) {
        try {
            return Files.getLastModifiedTime(program);
        } catch (IOException e) {
            return FileTime.fromMillis(0);
        }
    }

    private static String elapsed(long start) {
        return String.format(java.util.Locale.ROOT, "%.1f s", (System.nanoTime() - start) / 1e9);
    }
}
