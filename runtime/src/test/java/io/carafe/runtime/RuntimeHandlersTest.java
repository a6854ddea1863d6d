package io.carafe.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.linux.cgroup.CgroupLayout;
import io.carafe.linux.process.Signal;
import io.carafe.runtime.RuntimeHandlers.Handler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RuntimeHandlersTest {

    private static final CgroupLayout V2 = new CgroupLayout(Map.of(), Optional.of(Path.of("/sys/fs/cgroup")));

    @TempDir
    Path directory;

    @Test
    void aMissingProgramIsAConditionAndAnErrorOnlyWhenUsed() throws IOException {
        var there = program("there", """
                case $2 in
                features) echo '{"mountOptions":["rro"]}' ;;
                --version) echo 'runc version 9.9' ;;
                esac""");
        var handlers = new RuntimeHandlers(
                List.of(handler("gone", "/no/such/runtime"), handler("there", there)),
                "there",
                V2,
                Path.of("/launcher"));
        var conditions = handlers.conditions(soon());
        assertEquals("there", conditions.get(0).handler().name());
        assertEquals("", conditions.get(0).problem());
        assertEquals("runc version 9.9", conditions.get(0).version());
        assertTrue(conditions.get(0).features().recursiveReadOnlyMounts());
        assertTrue(
                conditions.get(1).problem().contains("/no/such/runtime"),
                conditions.get(1).problem());
        var gone = handlers.get("gone");
        assertThrows(CarafeException.Unavailable.class, () -> gone.start("c1", soon()));
        assertThrows(CarafeException.Unavailable.class, () -> handlers.usable("gone", soon()));
        assertEquals("there", handlers.usable("", soon()).name());
    }

    @Test
    void namesThatAreNotConfiguredOrTwiceAreRefused() {
        var one = handler("runc", "runc");
        var handlers = new RuntimeHandlers(List.of(one), "runc", V2, Path.of("/launcher"));
        assertThrows(CarafeException.NotFound.class, () -> handlers.get("crun"));
        assertThrows(
                CarafeException.InvalidArgument.class,
                () -> new RuntimeHandlers(List.of(one, one), "runc", V2, Path.of("/launcher")));
        assertThrows(
                CarafeException.InvalidArgument.class,
                () -> new RuntimeHandlers(List.of(one), "crun", V2, Path.of("/launcher")));
    }

    @Test
    void anOldCrunOnAHybridHostIsRefusedWithTheReason() throws IOException {
        var unified = Files.createDirectory(directory.resolve("unified"));
        Files.writeString(unified.resolve("cgroup.controllers"), "hugetlb\n");
        var hybrid = new CgroupLayout(Map.of("memory", directory.resolve("memory")), Optional.of(unified));
        var crun = program("crun", "echo 'crun version 1.8.1'");
        var handlers = new RuntimeHandlers(List.of(handler("crun", crun)), "crun", hybrid, Path.of("/launcher"));
        var failure = assertThrows(CarafeException.FailedPrecondition.class, () -> handlers.usable("crun", soon()));
        assertTrue(failure.getMessage().contains("v2 hierarchy"), failure.getMessage());
        new RuntimeHandlers(List.of(handler("crun", crun)), "crun", V2, Path.of("/launcher")).usable("crun", soon());
    }

    @Test
    void aHungProgramIsKilledAtTheDeadline() throws IOException {
        var hung =
                new ExternalRuntime("hung", program("hung", "sleep 1000"), directory, List.of(), Path.of("/launcher"));
        assertThrows(
                CarafeException.DeadlineExceeded.class, () -> hung.start("c1", Deadline.after(Duration.ofMillis(200))));
    }

    @Test
    void aCheckpointThatCannotBeSaysWhy() throws IOException {
        var work = Files.createDirectory(directory.resolve("work"));
        Files.writeString(work.resolve("dump.log"), """
                (00.212051) Error (criu/util.c:1533): rlimit: Can't setup RLIMIT_NOFILE for self: Operation not permitted
                (00.564407) Error (criu/files-reg.c:1790): Can't lookup mount=27 for fd=1 path=/out.txt
                """);
        var failing = program("failing", "echo 'criu failed: type NOTIFY errno 0' >&2; exit 1");
        var runtime = new ExternalRuntime("runc", failing, directory, List.of(), Path.of("/launcher"));
        var refused = assertThrows(
                CarafeException.FailedPrecondition.class, () -> runtime.checkpoint("c1", work, work, soon()));
        // where criu is not installed that is the reason
        assertTrue(
                refused.getMessage().contains("there is no program criu")
                        || refused.getMessage().endsWith("criu: Can't lookup mount=27 for fd=1 path=/out.txt"),
                refused.getMessage());
        assertEquals("", CriuLog.reason(directory.resolve("none")));
    }

    @Test
    void goneIsDoneForKillAndDelete() throws IOException {
        var gone = program("gone", "echo '{\"level\":\"error\",\"msg\":\"container does not exist\"}' >&2; exit 1");
        var runtime = new ExternalRuntime("runc", gone, directory, List.of(), Path.of("/launcher"));
        assertFalse(runtime.kill("c1", Signal.TERM, false, soon()));
        runtime.delete("c1", true, soon());
        assertThrows(CarafeException.NotFound.class, () -> runtime.start("c1", soon()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "a/b", "--all", "a b", "ä"})
    void idsThatCouldBeOptionsOrPathsAreRefused(String id) {
        var runtime = new ExternalRuntime("runc", "runc", directory, List.of(), Path.of("/launcher"));
        assertThrows(CarafeException.InvalidArgument.class, () -> runtime.start(id, soon()));
    }

    private String program(String name, String script) throws IOException {
        var file = directory.resolve(name);
        Files.writeString(file, "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        return file.toString();
    }

    private Handler handler(String name, String path) {
        return Handler.of(name, path, directory.resolve("root-" + name));
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(20));
    }
}
