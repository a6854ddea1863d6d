package io.carafe.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.proto.carafe.v1.LayerProgress;
import io.carafe.proto.cri.v1.ContainerState;
import io.carafe.proto.cri.v1.ContainerStatus;
import io.carafe.proto.cri.v1.Image;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import org.junit.jupiter.api.Test;

final class OutputTest {

    @Test
    void columnsAreAlignedAndControlCharactersHarmless() {
        var table = new Table("ID", "NAME", "SIZE").row("a", "grün", "1MB").row("long-id", "x\u001b[2J", "");
        assertEquals("""
                ID        NAME    SIZE
                a         grün    1MB
                long-id   x?[2J
                """, table.toString());
    }

    @Test
    void valuesOfInfoStandBelowEachOtherHoweverLongTheirNames() {
        var info = new LinkedHashMap<String, String>();
        info.put("version", "1");
        info.put("RuntimeHandlerReady/crun", "yes");
        assertEquals("""
                version                  1
                RuntimeHandlerReady/crun yes
                """, InfoCommand.columns(info));
    }

    @Test
    void jsonKeepsOrderAndEscapes() {
        var map = new LinkedHashMap<String, Object>();
        map.put("text", "a\"b\\c\n\u0001ü");
        map.put("none", null);
        map.put("list", List.of(1, true));
        map.put("empty", List.of());
        map.put("raw", new JsonText.Raw("{\"x\":1}"));
        assertEquals("""
                {
                  "text": "a\\"b\\\\c\\n\\u0001ü",
                  "none": null,
                  "list": [
                    1,
                    true
                  ],
                  "empty": [],
                  "raw": {"x":1}
                }""", JsonText.of(map));
    }

    @Test
    void messagesBecomeJsonByTheirFieldNames() {
        var image = Image.newBuilder()
                .setId("sha256:1")
                .addRepoTags("a:1")
                .setSize(-1)
                .build();
        var json = JsonText.of(MessageJson.of(image));
        assertTrue(json.contains("\"repoTags\": [\n    \"a:1\""), json);
        assertTrue(json.contains("\"size\": 18446744073709551615"), json);
        assertFalse(json.contains("spec"), json);
    }

    @Test
    void statesAreWordsAsInDocker() {
        var now = PsCommand.time(100_000_000_000L);
        var status = ContainerStatus.newBuilder().setStartedAt(40_000_000_000L).setFinishedAt(90_000_000_000L);
        assertEquals(
                "Created",
                PsCommand.state(
                        status.setState(ContainerState.CONTAINER_CREATED).build(), now));
        assertEquals(
                "Up 60 seconds",
                PsCommand.state(
                        status.setState(ContainerState.CONTAINER_RUNNING).build(), now));
        status.setState(ContainerState.CONTAINER_EXITED).setExitCode(137).setReason("OOMKilled");
        assertEquals("Exited (137) 10 seconds ago, out of memory", PsCommand.state(status.build(), now));
    }

    @Test
    void imagesAreListedUnderEachName() {
        var image = Image.newBuilder()
                .addRepoTags("localhost:5000/web:1")
                .addRepoTags("localhost:5000/web:2")
                .addRepoDigests("localhost:5000/web@sha256:ab");
        assertEquals(
                List.of(
                        new ImagesCommand.Named("localhost:5000/web", "1", "sha256:ab"),
                        new ImagesCommand.Named("localhost:5000/web", "2", "sha256:ab")),
                ImagesCommand.names(image.build()));
        image.clearRepoTags();
        assertEquals(
                List.of(new ImagesCommand.Named("localhost:5000/web", "<none>", "sha256:ab")),
                ImagesCommand.names(image.build()));
    }

    @Test
    void pullPrintsALineForEachPhaseWhereThereIsNoTerminal() {
        var printed = new ByteArrayOutputStream();
        var progress = Progress.on(new PrintStream(printed, true, StandardCharsets.UTF_8), false);
        var layer =
                LayerProgress.newBuilder().setDigest("sha256:0123456789abcdef").setTotalBytes(5_000_000);
        progress.layer(layer.setPhase(LayerProgress.Phase.WAITING).build());
        progress.layer(layer.setPhase(LayerProgress.Phase.DOWNLOADING).build());
        progress.layer(layer.setDoneBytes(2_000_000).build());
        progress.note("mirror a failed");
        progress.layer(layer.setPhase(LayerProgress.Phase.DONE).build());
        assertEquals("""
                0123456789ab: downloading (5MB)
                mirror a failed
                0123456789ab: done (5MB)
                """, printed.toString(StandardCharsets.UTF_8));
    }

    @Test
    void pullDrawsBarsOverEachOtherOnATerminal() {
        var printed = new ByteArrayOutputStream();
        var progress = Progress.on(new PrintStream(printed, true, StandardCharsets.UTF_8), true);
        var layer = LayerProgress.newBuilder()
                .setDigest("sha256:0123456789abcdef")
                .setPhase(LayerProgress.Phase.DOWNLOADING)
                .setTotalBytes(4_000_000);
        progress.layer(layer.setDoneBytes(0).build());
        progress.layer(layer.setDoneBytes(2_000_000).build());
        assertTrue(
                printed.toString(StandardCharsets.UTF_8)
                        .endsWith(
                                "\u001b[1A\r\u001b[K0123456789ab  downloading  [===============               ] 2MB / 4MB\n\u001b[J"),
                printed.toString(StandardCharsets.UTF_8));
    }

    @Test
    void ctrlPCtrlQLeavesAndOtherKeysPass() {
        var keys = new DetachKeys();
        assertArrayEquals(new byte[] {'a'}, keys.pass(new byte[] {'a', 0x10}, 2));
        assertArrayEquals(new byte[] {0x10, 'b'}, keys.pass(new byte[] {'b'}, 1));
        assertArrayEquals(new byte[] {0x10}, keys.pass(new byte[] {0x10, 0x10}, 2));
        assertFalse(keys.detached());
        assertArrayEquals(new byte[] {}, keys.pass(new byte[] {0x11, 'c'}, 2));
        assertTrue(keys.detached());
    }

    @Test
    void exitCodesAreTheOnesThatScriptsKnow() {
        assertEquals(127, RunFailure.exitCode("exec: \"nope\": executable file not found in $PATH", 125));
        assertEquals(
                127, RunFailure.exitCode("executable file `nope` not found in $PATH: No such file or directory", 125));
        assertEquals(126, RunFailure.exitCode("exec /etc/passwd: permission denied", 125));
        assertEquals(125, RunFailure.exitCode("bind port 80: permission denied", 125));
        assertEquals(1, RunFailure.exitCode("no such container", 1));
    }
}
