package io.carafe.engine.monitor;

import io.carafe.linux.Fd;
import io.carafe.linux.process.Spawn;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** conmon's command line, and the files that it keeps in a bundle. */
final class ConmonCommand {

    static final int SYNC_PIPE = 3;
    static final int START_PIPE = 4;

    private ConmonCommand() {}

    static Path monitorPidFile(Path bundle) {
        return bundle.resolve("conmon-pidfile");
    }

    static Path controlFifo(Path bundle) {
        return bundle.resolve("ctl");
    }

    static Path attachSocket(Path bundle) {
        return bundle.resolve("attach");
    }

    /** The exit code, written before the notification in the exits directory. */
    static Path exitFile(Path bundle) {
        return bundle.resolve("exit");
    }

    /** There if the kernel killed a process of the container for want of memory. */
    static Path oomFile(Path bundle) {
        return bundle.resolve("oom");
    }

    /** Where the runtime says why it could not create the container. */
    static Path runtimeLog(Path bundle) {
        return bundle.resolve("runtime.log");
    }

    /** Where CRIU says why it could not restore the container. */
    static Path restoreLog(Path bundle) {
        return bundle.resolve("restore.log");
    }

    static Spawn spawn(Conmon conmon, MonitorRequest request, Fd sync, Fd start, Fd stderr) {
        var path = Objects.requireNonNullElse(System.getenv("PATH"), "/usr/sbin:/usr/bin:/sbin:/bin");
        return Spawn.of(request.placement().starting(arguments(conmon, request)))
                .withEnvironment(Map.of(
                        "PATH",
                        path,
                        "XDG_RUNTIME_DIR",
                        "/run",
                        "_OCI_SYNCPIPE",
                        Integer.toString(SYNC_PIPE),
                        "_OCI_STARTPIPE",
                        Integer.toString(START_PIPE)))
                .withDirectory(request.bundle())
                .withDescriptor(2, stderr)
                .withDescriptor(SYNC_PIPE, sync)
                .withDescriptor(START_PIPE, start)
                .withGroup(Spawn.Group.OWN_GROUP);
    }

    private static List<String> arguments(Conmon conmon, MonitorRequest request) {
        var bundle = request.bundle();
        var create = request.runtime().createCommand();
        var arguments = new ArrayList<>(List.of(conmon.program().toString()));
        arguments.addAll(List.of("-b", bundle.toString(), "-c", request.id(), "-u", request.id()));
        arguments.addAll(List.of("-n", request.name()));
        arguments.addAll(List.of("-P", monitorPidFile(bundle).toString()));
        arguments.addAll(List.of("-p", bundle.resolve("pidfile").toString()));
        arguments.addAll(List.of("--exit-dir", conmon.exits().toString(), "--persist-dir", bundle.toString()));
        arguments.addAll(List.of("-l", request.log() == null ? "none" : "k8s-file:" + request.log()));
        if (conmon.logSizeMax() > 0) {
            arguments.addAll(List.of("--log-size-max", Long.toString(conmon.logSizeMax())));
        }
        arguments.addAll(List.of("--log-level", "error"));
        // the socket is bound by way of its directory's descriptor, so that its name may be long
        arguments.add("--full-attach");
        // the log belongs to the node's disk cache like every other: an fsync a container would stall a busy node
        arguments.add("--no-sync-log");
        arguments.addAll(List.of("-r", create.program().toString()));
        create.globalArguments().forEach(argument -> arguments.add("--runtime-arg=" + argument));
        arguments.add("--runtime-arg=--log=" + runtimeLog(bundle));
        arguments.add("--runtime-arg=--log-format=json");
        if (request.checkpoint() != null) {
            arguments.addAll(List.of("--restore", request.checkpoint().toString(), "--runtime-opt=--file-locks"));
        }
        if (request.terminal()) {
            arguments.add("-t");
        } else if (request.stdin()) {
            arguments.add("-i");
            if (!request.stdinOnce()) {
                arguments.add("--leave-stdin-open");
            }
        }
        return arguments;
    }
}
