package io.carafe.runtime.oci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.oci.runtime.Seccomp;
import io.carafe.oci.runtime.Seccomp.Action;
import io.carafe.oci.runtime.Seccomp.Syscalls;
import io.carafe.runtime.plan.Bytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeptFiltersTest {

    @TempDir
    Path directory;

    private Path library;
    private int compiled;

    @BeforeEach
    void installLibrary() throws IOException {
        library = Files.writeString(directory.resolve("library"), "1");
    }

    private KeptFilters filters() {
        return new KeptFilters(directory.resolve("filters"), List.of(library), profile -> {
            compiled++;
            return Bytes.of((byte) profile.syscalls().size(), (byte) 7);
        });
    }

    private static Seccomp profile(String... names) {
        var rules = List.of(new Syscalls(List.of(names), Action.SCMP_ACT_ALLOW, null, List.of()));
        return new Seccomp(Action.SCMP_ACT_ERRNO, null, List.of(), List.of(), null, null, rules);
    }

    private Path kept() throws IOException {
        try (var files = Files.list(directory.resolve("filters"))) {
            var all = files.toList();
            assertEquals(1, all.size(), all::toString);
            return all.getFirst();
        }
    }

    @Test
    void whatOneHasCompiledTheNextOneFinds() {
        var first = filters().compile(profile("read", "write"));

        assertEquals(first, filters().compile(profile("read", "write")));
        assertEquals(1, compiled);
    }

    @Test
    void profilesThatDifferInAnythingAreOthers() {
        filters().compile(profile("read", "write"));
        filters().compile(profile("readwrite"));
        filters().compile(profile("read"));
        filters()
                .compile(new Seccomp(
                        Action.SCMP_ACT_ERRNO,
                        38L,
                        List.of(),
                        List.of(),
                        null,
                        null,
                        profile("read", "write").syscalls()));

        assertEquals(4, compiled);
    }

    @Test
    void anotherLibraryCompilesAnew() throws IOException {
        filters().compile(profile("read"));
        Files.writeString(library, "another");
        filters().compile(profile("read"));

        assertEquals(2, compiled);
    }

    @Test
    void aDamagedFileIsNone() throws IOException {
        var right = filters().compile(profile("read"));
        var bytes = Files.readAllBytes(kept());
        bytes[bytes.length - 1] ^= 1;
        Files.write(kept(), bytes);

        assertEquals(right, filters().compile(profile("read")));
        assertEquals(2, compiled);
        filters().compile(profile("read"));
        assertEquals(2, compiled);
    }

    @Test
    void aFileUnderAnotherNameIsNone() throws IOException {
        filters().compile(profile("open"));
        var other = Files.readAllBytes(kept());
        Files.delete(kept());
        filters().compile(profile("read"));
        Files.write(kept(), other);
        filters().compile(profile("read"));

        assertEquals(3, compiled);
    }

    @Test
    void aDirectoryThatOthersCanReachIsNotUsed() throws IOException {
        filters().compile(profile("read"));
        Files.setPosixFilePermissions(directory.resolve("filters"), PosixFilePermissions.fromString("rwxrwxrwx"));
        filters().compile(profile("read"));
        assertEquals(2, compiled);

        Files.move(directory.resolve("filters"), directory.resolve("elsewhere"));
        Files.createSymbolicLink(directory.resolve("filters"), directory.resolve("elsewhere"));
        filters().compile(profile("read"));
        assertEquals(3, compiled);
    }

    @Test
    void whereNothingCanBeKeptItIsCompiled() {
        var nowhere = new KeptFilters(
                directory.resolve("library/filters"), List.of(library), profile -> Bytes.of((byte) ++compiled));

        assertEquals(Bytes.of((byte) 1), nowhere.compile(profile("read")));
        assertEquals(Bytes.of((byte) 2), nowhere.compile(profile("read")));
    }

    @Test
    void manyProfilesDoNotPileUp() throws IOException {
        for (int i = 0; i < 200; i++) {
            filters().compile(profile("call" + i));
        }
        try (var files = Files.list(directory.resolve("filters"))) {
            assertTrue(files.count() <= 64);
        }
    }
}
