package io.carafe.cli;

import io.carafe.linux.process.Signals;
import io.carafe.proto.carafe.v1.AttachRequest;
import io.carafe.proto.carafe.v1.InfoRequest;
import io.carafe.proto.cri.v1.CreateContainerRequest;
import io.carafe.proto.cri.v1.ImageSpec;
import io.carafe.proto.cri.v1.ImageStatusRequest;
import io.carafe.proto.cri.v1.RunPodSandboxRequest;
import io.carafe.proto.cri.v1.StartContainerRequest;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

final class RunCommand extends DaemonCommand {

    private final RunOptions options = new RunOptions(words);

    private final Supplier<String> image = words.word("IMAGE");

    private final Supplier<List<String>> arguments = words.anyWords("ARGUMENT", "instead of the image's command");

    RunCommand(Carafe carafe) {
        super(carafe, "run", "Run a container in a pod of its own.");
        words.spec().exitCodeOnInvalidInput(Failure.DAEMON);
        words.spec()
                .usageMessage()
                .footer(
                        "",
                        "The exit code is the program's; 125 if the daemon failed, 126 if the program cannot be run, 127 if the image"
                                + " does not have it.");
    }

    @Override
    int daemonFailed() {
        return Failure.DAEMON;
    }

    @Override
    int run(Connection daemon) throws InterruptedException {
        checkOptions();
        var main = Thread.currentThread();
        Signals.ENDING.forEach(name -> Signals.on(name, main::interrupt));

        var imageId = imageId(daemon);
        var name = options.name.get().isEmpty() ? Names.random() : options.name.get();
        if (Lookup.in(daemon).findContainer(name).filter(Lookup::ownsPod).isPresent()) {
            throw new Failure("a container is named " + name + " already\n  carafe rm " + name + " removes it");
        }
        var uid = UUID.randomUUID().toString();
        var root = daemon.carafe().info(InfoRequest.getDefaultInstance()).getRoot();
        var log = Path.of(root, "logs", uid, RunMessages.LOG);
        var messages = new RunMessages(options, name, uid, log.getParent().toString());
        var pod = messages.pod();
        var container = messages.container(
                image.get(), imageId, arguments.get()); // before anything is made, in case it is wrong

        var podId = daemon.patientRuntime()
                .runPodSandbox(RunPodSandboxRequest.newBuilder()
                        .setConfig(pod)
                        .setRuntimeHandler(options.runtime.get())
                        .build())
                .getPodSandboxId();
        var containerId = "";
        try {
            containerId = daemon.patientRuntime()
                    .createContainer(CreateContainerRequest.newBuilder()
                            .setPodSandboxId(podId)
                            .setConfig(container)
                            .setSandboxConfig(pod)
                            .build())
                    .getContainerId();
            if (options.detach.get()) {
                start(daemon, containerId);
                out.println(containerId);
                return 0;
            }
            return runAttached(daemon, podId, containerId);
        } catch (InterruptedException e) {
            throw undone(daemon, podId, containerId, log, new Failure("interrupted", Failure.INTERRUPTED));
        } catch (StatusRuntimeException | Failure | LostSession e) {
            throw undone(daemon, podId, containerId, log, e);
        }
    }

    private void checkOptions() {
        if (options.detach.get() && options.remove.get()) {
            throw new Failure("--rm needs this command to wait for the end, and -d lets it go: leave one out");
        }
        if (options.tty.get() && options.interactive.get() && !options.detach.get() && !Terminal.is(0)) {
            throw new Failure("-t: standard input is not a terminal; leave -t out");
        }
    }

    private String imageId(Connection daemon) {
        if (options.pull.get() != RunOptions.PullPolicy.always) {
            var spec = ImageSpec.newBuilder().setImage(image.get());
            var known = daemon.images()
                    .imageStatus(ImageStatusRequest.newBuilder().setImage(spec).build());
            if (known.hasImage()) {
                return known.getImage().getId();
            }
        }
        if (options.pull.get() == RunOptions.PullPolicy.never) {
            throw new Failure("image " + image.get() + " is not here, and --pull never forbids to fetch it");
        }
        return Pull.run(daemon, image.get(), false);
    }

    private int runAttached(Connection daemon, String podId, String containerId) throws InterruptedException {
        Optional<Integer> code;
        try (var session = AttachCommand.begin(daemon, containerId, options.interactive.get(), options.tty.get())) {
            session.awaitAttached();
            start(daemon, containerId);
            passSignals(daemon, containerId);
            if (options.interactive.get()) {
                session.forwardInput();
            }
            code = await(session);
        }
        if (code.isEmpty()) {
            System.err.println("\nleft running: carafe attach " + Text.shortId(containerId) + " comes back to it");
            return 0;
        }
        if (options.remove.get()) {
            RunPod.removeWithLog(daemon, podId, containerId);
        } else {
            RunPod.stop(daemon, podId);
        }
        return code.get();
    }

    /** A lost connection is not the container's end: it runs on, and so does what it printed to its log. */
    private static Optional<Integer> await(Session<AttachRequest> session) throws InterruptedException {
        try {
            return session.await();
        } catch (StatusRuntimeException e) {
            throw new LostSession(e);
        }
    }

    private void start(Connection daemon, String id) {
        daemon.patientRuntime()
                .startContainer(
                        StartContainerRequest.newBuilder().setContainerId(id).build());
    }

    /** The CRI has no call for a mere signal: the first one stops the container with grace, the next one at once. */
    private static void passSignals(Connection daemon, String id) {
        var count = new AtomicInteger();
        Runnable stop = () -> {
            try {
                StopCommand.stop(daemon, id, count.getAndIncrement() == 0 ? StopCommand.GRACE_SECONDS : 0);
            } catch (StatusRuntimeException e) {
                System.err.println("carafe: stop: " + daemon.failure(e).getMessage());
            }
        };
        Signals.ENDING.forEach(name -> Signals.on(name, stop));
    }

    /** Removes what was made for a container that did not come to run; the interrupt must not hinder that. */
    private static Failure undone(
            Connection daemon, String podId, String containerId, Path log, RuntimeException failure) {
        if (failure instanceof LostSession lost) {
            return new Failure(
                    daemon.failure(lost.getCause()).getMessage() + "\n  the container " + Text.shortId(containerId)
                            + " was not stopped",
                    Failure.DAEMON);
        }
        var interrupted = Thread.interrupted();
        try {
            RunPod.remove(daemon, podId);
            RunPod.removeLog(Optional.of(log));
        } catch (StatusRuntimeException e) {
            System.err.println("carafe: pod " + Text.shortId(podId) + " was left behind: "
                    + daemon.failure(e).getMessage());
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        return RunFailure.of(failure instanceof Failure known ? known : daemon.failure(failure), Failure.DAEMON);
    }

    private static final class LostSession extends RuntimeException {
        private static final long serialVersionUID = 1L;

        LostSession(StatusRuntimeException cause) {
            super(cause);
        }
    }
}
